/** A process with a store of its own, told what to do line by line: `watch <account>`, `changed <account>`. It ends with its input. */
import { createInterface } from 'node:readline'
import { openStore } from '../index.ts'

const [dataDir = '', databaseUrl] = process.argv.slice(2)
const store = await openStore({ dataDir, databaseUrl, onError: () => {} })
console.log('open')
for await (const line of createInterface(process.stdin)) {
  const [order, accountId = ''] = line.split(' ')
  if (order === 'watch') store.signals.watch(accountId, () => console.log(`woken ${accountId}`))
  else await store.signals.changed(accountId)
  console.log(`done ${line}`)
}
await store.close()
