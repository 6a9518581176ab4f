import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'

const decoders = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
}

/** What we offer in `Accept-Encoding`. */
export const acceptedEncodings = 'gzip, deflate, br'

/**
 * Reads a body whole and decodes it.
 *
 * @param maxBytes Holds for what came over the wire and for what it unpacks to.
 * @throws {Error} when the body is longer, broken, or encoded in a way not offered.
 */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  contentEncoding: string | null,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await collect(body, maxBytes)
  const encoding = contentEncoding?.trim().toLowerCase() || 'identity'
  if (encoding === 'identity' || bytes.length === 0) return bytes
  if (!isKnown(encoding)) throw new Error('the body has an encoding that was not offered')
  return new Uint8Array(await decoders[encoding](bytes, { maxOutputLength: maxBytes }))
}

/** Reads the first `maxBytes` of a body, as they came. */
export async function readBeginning(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    length += chunk.length
    // Leaving the loop destroys the stream and with it the connection.
    if (length >= maxBytes) break
  }
  return new Uint8Array(Buffer.concat(chunks).subarray(0, maxBytes))
}

const isKnown = (encoding: string): encoding is keyof typeof decoders => Object.hasOwn(decoders, encoding)

async function collect(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    // Leaving the loop destroys the stream and with it the connection.
    if (length > maxBytes) throw new Error(`the body is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}
