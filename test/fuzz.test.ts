/** A short run of every fuzz target, the same each time. `npm run fuzz` goes on with new inputs for as long as you like. */
import { test } from 'node:test'
import fc from 'fast-check'
import { targets } from '../fuzz/targets.ts'

for (const { name, property } of targets)
  test(`${name} hold or refuse, whatever comes`, () =>
    fc.assert(property as fc.IAsyncProperty<unknown>, { seed: 20261122, numRuns: 2000 }))
