/** Asks at a steady rate, whether or not answers have come; as a process of its own, so that it slows down nobody who measures. */
import { Agent, get } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

export interface SteadyOrder {
  url: string
  apiKey: string
  perSecond: number
  forMs: number
}

export interface SteadyResult {
  latenciesMs: number[]
  /** How many answers had which status. */
  statuses: Record<number, number>
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

export async function askSteadily({ url, apiKey, perSecond, forMs }: SteadyOrder): Promise<SteadyResult> {
  const latenciesMs: number[] = []
  const statuses: Record<number, number> = {}
  const under: Promise<void>[] = []
  const begun = performance.now()
  for (let sent = 0; sent < (perSecond * forMs) / 1000; sent++) {
    const wait = begun + (sent / perSecond) * 1000 - performance.now()
    if (wait > 1) await pause(wait)
    under.push(
      new Promise((resolve, reject) => {
        const at = performance.now()
        get(url, { agent, headers: { 'x-api-key': apiKey } }, (answer) => {
          const status = answer.statusCode ?? 0
          statuses[status] = (statuses[status] ?? 0) + 1
          answer.resume().on('end', () => {
            latenciesMs.push(performance.now() - at)
            resolve()
          })
        }).on('error', reject)
      }),
    )
  }
  await Promise.all(under)
  return { latenciesMs, statuses }
}

process.on('message', async (order: SteadyOrder) => process.send?.(await askSteadily(order)))
