import { BlockList, isIP, isIPv4 } from 'node:net'

/**
 * IPv4 ranges that are not the public internet: IANA's special-purpose registry (RFC 6890 and its updates), multicast
 * and reserved space, and one address that looks public but is not.
 */
const special4 = ranges('ipv4', [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // Answers on every machine at Azure, with instance data behind it.
  ['168.63.129.16', 32],
])

const globalUnicast = ranges('ipv6', [['2000::', 3]])

/** Parts of global unicast that are tunnels to IPv4 (Teredo, 6to4), documentation or protocol use. */
const special6 = ranges('ipv6', [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
])

/**
 * Whether an address literal belongs to the public internet. IPv6 forms that carry an IPv4 address to its destination
 * (mapped, RFC 4291 §2.5.5.2; NAT64, RFC 6052) are judged by that address.
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 0) return false
  if (family === 4) return !special4.check(address, 'ipv4')
  // A zone id (`fe80::1%eth0`) only ever names a link.
  if (address.includes('%')) return false
  const words = ipv6Words(address)
  const prefix = words.slice(0, 6).join(':')
  if (prefix === '0:0:0:0:0:65535' || prefix === '100:65435:0:0:0:0') return isPublicAddress(ipv4Of(words[6], words[7]))
  return globalUnicast.check(address, 'ipv6') && !special6.check(address, 'ipv6')
}

const loopback4 = ranges('ipv4', [['127.0.0.0', 8]])

export const isLoopbackAddress = (address: string): boolean =>
  isIPv4(address) ? loopback4.check(address, 'ipv4') : address === '::1'

function ranges(family: 'ipv4' | 'ipv6', list: [string, number][]): BlockList {
  const blocks = new BlockList()
  for (const [network, prefix] of list) blocks.addSubnet(network, prefix, family)
  return blocks
}

/** The eight 16-bit words of a valid IPv6 literal. */
function ipv6Words(address: string): number[] {
  const [head = '', tail] = address.split('::')
  const before = words(head)
  if (tail === undefined) return before
  const after = words(tail)
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}

function words(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap((piece) => {
    if (!isIPv4(piece)) return [Number.parseInt(piece, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = piece.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}

const ipv4Of = (high = 0, low = 0) => [high >> 8, high & 255, low >> 8, low & 255].join('.')
