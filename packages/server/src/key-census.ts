/** Which master key the sealed values are under, without opening any: what `holdfast keys` shows and drops by. */
import { type Queries, type SealedColumn, type SealedValue, sealedColumns } from './store/index.ts'
import { keyIdIn, keyMark, maxMarkLength, VaultError } from './vault/index.ts'

/** Values by key id and by place, `table.column`. What is no sealed value at all is counted under the empty id. */
export type Census = Map<string, Map<string, number>>

const stretchSize = 2_000

export async function countByKey({ sealedValues }: Pick<Queries, 'sealedValues'>): Promise<Census> {
  const census: Census = new Map()
  for await (const { column, stretch } of stretches(sealedValues)) {
    const place = `${column.table}.${column.column}`
    for (const head of await sealedValues.heads(column, stretch, maxMarkLength)) {
      const counts = census.get(idOf(head)) ?? new Map<string, number>()
      counts.set(place, (counts.get(place) ?? 0) + 1)
      census.set(idOf(head), counts)
    }
  }
  return census
}

export const totalOf = (counts: ReadonlyMap<string, number> | undefined): number =>
  [...(counts?.values() ?? [])].reduce((sum, count) => sum + count, 0)

/** One value of each key that any value is under. */
export async function samplePerKey({ sealedValues }: Pick<Queries, 'sealedValues'>): Promise<Map<string, SealedValue>> {
  const samples = new Map<string, SealedValue>()
  for await (const { column, stretch } of stretches(sealedValues)) {
    const heads = await sealedValues.heads(column, stretch, maxMarkLength)
    if (heads.every((head) => samples.has(idOf(head)))) continue
    for (const value of await sealedValues.notUnder(column, stretch, keyMark('')))
      samples.set(idOf(value.sealed), value)
  }
  return samples
}

async function* stretches(sealedValues: Queries['sealedValues']) {
  for (const column of sealedColumns) yield* stretchesOf(sealedValues, column)
}

async function* stretchesOf(sealedValues: Queries['sealedValues'], column: SealedColumn) {
  let after = ''
  for (;;) {
    const upTo = await sealedValues.stretchEnd(column, after, stretchSize)
    if (upTo === undefined) return
    yield { column, stretch: { after, upTo } }
    after = upTo
  }
}

function idOf(head: Uint8Array): string {
  try {
    return keyIdIn(head)
  } catch (error) {
    if (error instanceof VaultError) return ''
    throw error
  }
}
