export const everything = { offset: 0, limit: 1000 }

export const bytes = (text: string): Uint8Array => Buffer.from(text)

/** All at once. @returns What each came to. */
export const parallel = <Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))
