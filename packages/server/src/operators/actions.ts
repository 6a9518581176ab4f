import { invalid } from '../errors.ts'
import { newId } from '../ids.ts'
import type { Context } from './context.ts'
import type { Operators } from './types.ts'

/** The audit log: what operators changed, and which credentials they saw. */
export const createActions = ({ store, clock }: Context): Pick<Operators, 'noteAction' | 'actions'> => ({
  async noteAction({ operatorId, projectId, requestId, ...action }) {
    await store.operators.insertAction({
      ...action,
      id: newId(),
      operator_id: operatorId,
      project_id: projectId,
      request_id: requestId,
      created_at: clock.now().getTime(),
    })
  },

  async actions({ cursor, limit }) {
    if (cursor !== undefined && !/^[0-9a-f-]{36}$/.test(cursor))
      throw invalid({ property: 'cursor', message: 'is not a nextCursor of this list' })
    const rows = await store.operators.actions(cursor, limit + 1)
    const items = rows.slice(0, limit).map((row) => ({
      id: row.id,
      operatorId: row.operator_id,
      operator: row.operator,
      action: row.action,
      path: row.path,
      projectId: row.project_id,
      status: row.status,
      detail: row.detail,
      requestId: row.request_id,
      at: new Date(row.created_at),
    }))
    return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
  },
})
