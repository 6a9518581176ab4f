import { AppError } from '../errors.ts'
import type { OperatorRow, Queries } from '../store/index.ts'
import type { Context } from './context.ts'
import { toOperator } from './rows.ts'
import type { Actor, OperatorRole, Operators } from './types.ts'

/** Whether the actor may decide about operators of this role: only an owner decides about owners. */
export const mayManage = (actor: Actor, role: OperatorRole): boolean =>
  actor.kind === 'key' || actor.operator.role === 'owner' || (actor.operator.role === 'admin' && role !== 'owner')

export const isOwner = (actor: Actor): boolean => actor.kind === 'key' || actor.operator.role === 'owner'

/** Who the operators are, and what they may do. */
export function createStaff({ store, clock }: Context): Pick<Operators, 'list' | 'setRole' | 'delete'> {
  const find = async ({ operators }: Queries, id: string): Promise<OperatorRow> => {
    const row = await operators.find(id)
    if (!row) throw new AppError('not_found', 'There is no such operator.')
    return row
  }
  const keepLastOwner = async ({ operators }: Queries, row: OperatorRow) => {
    const owners = await operators.lockOwners()
    if (owners.every(({ id }) => id === row.id))
      throw new AppError('conflict', 'This is the only owner. Make somebody else an owner first.')
  }

  return {
    list: async () => (await store.operators.list()).map(toOperator),

    setRole(actor, id, role) {
      if (!isOwner(actor)) throw new AppError('forbidden', 'Only an owner changes the roles of operators.')
      return store.transaction(async (queries) => {
        const row = await find(queries, id)
        if (row.role === 'owner' && role !== 'owner') await keepLastOwner(queries, row)
        const changed = await queries.operators.update(id, { role, updated_at: clock.now().getTime() })
        return toOperator(changed ?? row)
      })
    },

    delete(actor, id) {
      return store.transaction(async (queries) => {
        const row = await find(queries, id)
        if (!mayManage(actor, row.role)) throw new AppError('forbidden', 'Only an owner removes an owner.')
        if (row.role === 'owner') await keepLastOwner(queries, row)
        await queries.operators.delete(id)
      })
    },
  }
}
