import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  BinaryOperationNode,
  ColumnNode,
  Kysely,
  OperationNodeTransformer,
  OperatorNode,
  type QueryId,
  ReferenceNode,
  sql,
  ValueNode,
} from 'kysely'
import { type PostgresServer, startPostgres } from '../../../../test/support/postgres.ts'
import { accountQueries } from './accounts.ts'
import type { AccountRow, Database, IntegrationRow } from './database.ts'
import { openStore, type Store } from './index.ts'
import { integrationQueries } from './integrations.ts'
import { postgresDialect } from './postgres.ts'
import { createRowWall, isOfProject, walled, withinProject } from './row-wall.ts'
import { household } from './testing/rows.ts'

/** Takes `project_id = …` out of every query, as one who forgets to write it would. */
class Forgetful extends OperationNodeTransformer {
  protected override transformBinaryOperation(node: BinaryOperationNode, queryId: QueryId): BinaryOperationNode {
    const { leftOperand: left } = node
    const isProject = ReferenceNode.is(left) && ColumnNode.is(left.column) && left.column.column.name === 'project_id'
    const one = ValueNode.createImmediate(1)
    return isProject
      ? BinaryOperationNode.create(one, OperatorNode.create('='), one)
      : super.transformBinaryOperation(node, queryId)
  }
}

let server: PostgresServer
before(async () => {
  server = await startPostgres()
})
after(() => server?.stop())

/** Who connects: the superuser that images of PostgreSQL make, or the owner of the database and no more. */
for (const who of ['a superuser', 'the owner of the database'] as const)
  describe(`row-level security for ${who}`, () => {
    let store: Store
    let db: Kysely<Database>
    let forgetful: Kysely<Database>
    let mine: { account: AccountRow; integration: IntegrationRow }
    let theirs: typeof mine

    before(async () => {
      const name = who === 'a superuser' ? 'of_superuser' : 'of_owner'
      const admin = new Kysely<Database>({ dialect: dialectOf(server.url).dialect })
      if (who !== 'a superuser') await sql`create role plain login`.execute(admin)
      await sql`create database ${sql.id(name)}`.execute(admin)
      if (who !== 'a superuser') await sql`alter database ${sql.id(name)} owner to plain`.execute(admin)
      await admin.destroy()
      const url = new URL(server.url)
      url.pathname = `/${name}`
      if (who !== 'a superuser') url.username = 'plain'
      store = await openStore({ databaseUrl: url.href, dataDir: '', onError: assert.ifError })
      mine = (await household(store)) as typeof mine
      theirs = (await household(store)) as typeof mine

      const wall = createRowWall(assert.ifError)
      db = new Kysely<Database>({ dialect: dialectOf(url.href, wall).dialect })
      forgetful = db.withPlugin({
        transformQuery: ({ node, queryId }) => new Forgetful().transformNode(node, queryId),
        transformResult: async ({ result }) => result,
      })
      await wall.raise(db, false)
    })
    after(async () => {
      await db?.destroy()
      await store?.close()
    })

    test('holds every table that names a project', async () => {
      const { rows } = await sql<{ name: string; secured: boolean }>`
        select c.relname as name, c.relrowsecurity and c.relforcerowsecurity and exists (
                 select from pg_policy where polrelid = c.oid and polname = 'of_project') as secured
          from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'project_id'
         where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace`.execute(db)
      assert.ok(rows.length > 15, String(rows.length))
      assert.deepEqual(
        rows.filter(({ secured }) => !secured),
        [],
      )
    })

    test('a query that forgets its filter sees rows of its project only', async () => {
      const open = accountQueries(forgetful, 'postgres')
      assert.equal((await open.find(mine.account.project_id, theirs.account.id))?.id, theirs.account.id)
      const { accounts } = walled({ accounts: open })
      assert.equal(await accounts.find(mine.account.project_id, theirs.account.id), undefined)
      assert.equal((await accounts.find(mine.account.project_id, mine.account.id))?.id, mine.account.id)
      const page = { offset: 0, limit: 100 }
      const listed = await accounts.list(mine.account.project_id, {}, page)
      assert.deepEqual(
        listed.map(({ id }) => id),
        [mine.account.id],
      )
      assert.equal(await accounts.count(mine.account.project_id, {}), 1)
    })

    test('a query that forgets its filter changes and deletes rows of its project only', async () => {
      const { accounts, integrations } = walled({
        accounts: accountQueries(forgetful, 'postgres'),
        integrations: integrationQueries(forgetful),
      })
      const { project_id: projectId } = mine.account
      assert.equal(await accounts.update(projectId, theirs.account.id, { labels: '["ours"]' }), undefined)
      assert.equal(await accounts.delete(projectId, theirs.account.id), false)
      assert.equal(await integrations.delete(projectId, theirs.integration.id), false)
      const kept = await store.accounts.find(theirs.account.project_id, theirs.account.id)
      assert.deepEqual([kept?.labels, kept?.project_id], ['[]', theirs.account.project_id])
    })

    test('a statement without any filter does not reach further', async () => {
      const all = () => db.selectFrom('connected_accounts').select('id').execute()
      assert.ok((await all()).length >= 2)
      const { project_id: projectId } = mine.account
      assert.deepEqual(await withinProject(projectId, all), [{ id: mine.account.id }])
      await assert.rejects(
        withinProject(projectId, () =>
          db
            .insertInto('entities')
            .values({ project_id: theirs.account.project_id, id: 'planted', created_at: 1 })
            .execute(),
        ),
        /row-level security/,
      )
    })

    test('two projects that share a connection never see each other', async () => {
      const looks = Array.from({ length: 60 }, (_, index) => [mine, theirs][index % 2] as typeof mine)
      const seen = await Promise.all(
        looks.map(({ account }) =>
          withinProject(account.project_id, () => db.selectFrom('connected_accounts').select('id').execute()),
        ),
      )
      for (const [index, rows] of seen.entries()) assert.deepEqual(rows, [{ id: looks[index]?.account.id }])
      assert.ok((await db.selectFrom('connected_accounts').select('id').execute()).length >= 2)
    })
  })

function dialectOf(url: string, wall?: ReturnType<typeof createRowWall>) {
  return postgresDialect({ url, max: 2, statementTimeoutMs: 8_000, onError: assert.ifError, wall })
}

test('a query is about a project when its first parameter says so', () => {
  const queries = {
    async method(projectId: string) {
      return projectId
    },
    plain(projectId: string, id: string) {
      return projectId + id
    },
    arrow: (projectId: string) => projectId,
    asyncArrow: async (projectId: string, id: string) => projectId + id,
  }
  for (const [name, query] of Object.entries(queries)) assert.ok(isOfProject(query), name)
  const others = {
    id: (id: string) => id,
    row: (row: { projectId: string }) => row.projectId,
    projectIds: (projectIds: string[]) => projectIds,
  }
  for (const [name, query] of Object.entries(others)) assert.ok(!isOfProject(query), name)
})
