// Damaged inputs from good ones: what transmission does to bytes, and what someone does who knows the format.
import type { Random } from '../../demo/phantom/prng.ts'

const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]
const MAX_BYTES = 1 << 18

/** Up to eight changes of one of the seeds; `tokens` are pieces of the format. */
export function mutate(seeds: readonly Uint8Array[], tokens: readonly string[], random: Random): Uint8Array {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!
  const below = (count: number) => Math.floor(random.next() * count)
  let bytes = Buffer.from(pick(seeds))
  const splice = (at: number, removed: number, added: Uint8Array) => {
    bytes = Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]).subarray(0, MAX_BYTES)
  }
  const change = (how: (byte: number) => number) => {
    const at = below(bytes.length)
    if (bytes.length > 0) bytes[at] = how(bytes[at]!)
  }
  const changes: (() => void)[] = [
    () => change((byte) => byte ^ (1 << below(8))),
    () => change(() => pick(NUMBERS) & 0xff),
    () => bytes.length >= 4 && writeNumber(bytes, below(bytes.length - 3), pick(NUMBERS), below(4)),
    () => splice(0, bytes.length, bytes.subarray(0, below(bytes.length + 1))),
    () => splice(below(bytes.length + 1), below(16), Buffer.alloc(0)),
    () => splice(below(bytes.length + 1), 0, Buffer.from(Array.from({ length: 1 + below(8) }, () => below(256)))),
    () => {
      const from = below(bytes.length + 1)
      const piece = bytes.subarray(from, from + 1 + below(64))
      const times = pick([1, 2, 50, 2000])
      splice(below(bytes.length + 1), 0, Buffer.concat(Array.from({ length: times }, () => piece)))
    },
    () => {
      const other = pick(seeds)
      const from = below(other.length + 1)
      splice(below(bytes.length + 1), below(64), other.subarray(from, from + 1 + below(256)))
    },
    ...(tokens.length > 0
      ? [
          () => splice(below(bytes.length + 1), below(4), Buffer.from(pick(tokens), 'latin1')),
          () => splice(below(bytes.length + 1), 0, Buffer.from(pick(tokens).repeat(pick([3, 200, 5000])), 'latin1')),
        ]
      : []),
  ]
  for (let left = 1 + below(8); left > 0; left -= 1) pick(changes)()
  return Uint8Array.from(bytes)
}

function writeNumber(bytes: Buffer, at: number, value: number, how: number): void {
  if (how === 0) bytes.writeUInt32LE(value >>> 0, at)
  else if (how === 1) bytes.writeUInt32BE(value >>> 0, at)
  else if (how === 2) bytes.writeUInt16LE(value & 0xffff, at)
  else bytes.writeUInt16BE(value & 0xffff, at)
}
