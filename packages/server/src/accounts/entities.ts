import { AppError } from '../errors.ts'
import type { AccountRow, EntityRow, RevocationRow } from '../store/index.ts'
import type { Context } from './context.ts'
import { deleteRow, Overtaken } from './endings.ts'
import { planRevocation, toRevocation } from './revocation.ts'
import { accountStatuses, type Entities, type Entity } from './types.ts'

/** How often a deletion begins again when an account of the entity changes in between. */
const maxAttempts = 10

export function createEntities(context: Context): Entities {
  const { store } = context

  return {
    async list(projectId, { search }, { page, pageSize }) {
      const totalItems = await store.entities.count(projectId, search)
      const rows = await store.entities.list(projectId, search, { offset: (page - 1) * pageSize, limit: pageSize })
      return {
        items: await present(context, projectId, rows),
        page,
        totalPages: Math.ceil(totalItems / pageSize),
        totalItems,
      }
    },

    async get(projectId, id) {
      const row = await store.entities.find(projectId, id)
      const [entity] = row ? await present(context, projectId, [row]) : []
      if (!entity) throw notFound()
      return entity
    },

    async delete(projectId, id) {
      if (!(await store.entities.find(projectId, id))) throw notFound()
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const owned = await planAll(context, projectId, id)
        try {
          await store.transaction(async (queries) => {
            if (!(await queries.entities.find(projectId, id))) throw notFound()
            for (const { account, revocation } of owned)
              if (!(await deleteRow(queries, account, revocation))) throw new Overtaken()
            // One connected meanwhile is the entity's too.
            if ((await queries.entities.accountIds(projectId, id)).length > 0) throw new Overtaken()
            await queries.entities.delete(projectId, id)
          })
        } catch (error) {
          if (!(error instanceof Overtaken)) throw error
          continue
        }
        for (const { account } of owned) await store.signals.changed(account.id)
        return owned.map(({ account, revocation }) => ({
          accountId: account.id,
          appKey: account.app_key,
          revocation: toRevocation(revocation),
        }))
      }
      throw new AppError('conflict', 'Accounts of the entity kept changing while it was being deleted.')
    },
  }
}

const notFound = () => new AppError('not_found', 'There is no such entity.')

async function planAll(
  context: Context,
  projectId: string,
  entityId: string,
): Promise<{ account: AccountRow; revocation: RevocationRow }[]> {
  const planned: { account: AccountRow; revocation: RevocationRow }[] = []
  for (const accountId of await context.store.entities.accountIds(projectId, entityId)) {
    const account = await context.store.accounts.find(projectId, accountId)
    if (account) planned.push({ account, revocation: await planRevocation(context, account) })
  }
  return planned
}

async function present({ store }: Context, projectId: string, rows: readonly EntityRow[]): Promise<Entity[]> {
  const counts = await store.entities.accountCounts(
    projectId,
    rows.map((row) => row.id),
  )
  return rows.map((row) => {
    const ofEntity = counts.filter((count) => count.entity_id === row.id)
    const byStatus = Object.fromEntries(
      accountStatuses.map((status) => [status, ofEntity.find((count) => count.status === status)?.total ?? 0]),
    ) as Entity['accounts']['byStatus']
    return {
      id: row.id,
      accounts: { total: Object.values(byStatus).reduce((sum, count) => sum + count, 0), byStatus },
      createdAt: new Date(row.created_at),
    }
  })
}
