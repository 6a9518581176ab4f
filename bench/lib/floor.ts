/** The floor: a bare `node:http` server that answers every request with the same bytes, those of the server it is compared with. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FloorOrder {
  status: number
  /** Names and values in turn, without those that Node adds itself. */
  headers: string[]
  body: string
}

let answer: FloorOrder = { status: 200, headers: [], body: '' }
const server = createServer((_request, response) => {
  response.writeHead(answer.status, answer.headers)
  response.end(answer.body)
})
server.listen(0, '127.0.0.1')
process.on('message', (order: FloorOrder) => {
  answer = order
  process.send?.({ port: (server.address() as AddressInfo).port })
})
