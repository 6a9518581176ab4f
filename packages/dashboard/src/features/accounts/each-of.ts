const atOnce = 6

/** Does something with each item, some at once. @returns What went wrong; the rest was done. */
export async function eachOf<Item>(
  items: readonly Item[],
  run: (item: Item) => Promise<unknown>,
  onProgress: (done: number) => void,
): Promise<unknown[]> {
  const waiting = [...items]
  const failed: unknown[] = []
  let done = 0
  const work = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      await run(item).catch((error: unknown) => failed.push(error))
      done += 1
      onProgress(done)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return failed
}
