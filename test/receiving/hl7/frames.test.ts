// MLLP frames, whatever the pieces in which they come.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/domain/limits.ts'
import { createMllpFrames } from '../../../src/receiving/hl7/frames.ts'

const frame = (text: string) => `\x0b${text}\x1c\r`
function heard(pieces: readonly string[]): string[] {
  const frames = createMllpFrames()
  return pieces.flatMap((piece) =>
    [...frames.push(Buffer.from(piece, 'latin1'))].map((one) => Buffer.from(one).toString('latin1')),
  )
}

describe('MLLP', () => {
  it('gives the same messages wherever a stream of them is cut', () => {
    const content = fc.string({ unit: fc.constantFrom('M', '|', '\r', '\n', '\xff', ' ') })
    fc.assert(
      fc.property(fc.array(content, { maxLength: 5 }), fc.array(fc.nat(60), { maxLength: 8 }), (messages, cuts) => {
        const stream = messages.map(frame).join('')
        const at = [0, ...[...cuts].sort((a, b) => a - b), stream.length]
        const pieces = at.slice(1).map((to, n) => stream.slice(at[n], to))
        expect(heard(pieces)).toEqual(messages)
      }),
    )
  })

  it.each<[string, string[], string[]]>([
    ['line ends between frames', ['\r\n', frame('a'), '\r\n', frame('b')], ['a', 'b']],
    ['an end without its carriage return', ['\x0ba\x1c\x0bb\x1c'], ['a', 'b']],
    ['a message that begins anew', ['\x0bhalf', `\x0bwhole\x1c\r`], ['whole']],
    ['an end without a start', ['\x1c\r', frame('a')], ['a']],
  ])('takes %s', (_, pieces, messages) => {
    expect(heard(pieces)).toEqual(messages)
  })

  it('refuses what is no MLLP', () => {
    expect(() => heard(['GET / HTTP/1.1\r\n'.repeat(100)])).toThrow(/not framed as MLLP/)
  })

  it('takes a message of the largest size, and refuses one byte more', () => {
    const frames = createMllpFrames()
    const push = (bytes: Uint8Array) => [...frames.push(bytes)]
    push(Buffer.from('\x0b'))
    expect(push(Buffer.alloc(LIMITS.hl7Bytes, 'a'))).toEqual([])
    expect(frames.isOpen()).toBe(true)
    expect(push(Buffer.from('\x1c'))[0]).toHaveLength(LIMITS.hl7Bytes)
    push(Buffer.from('\x0b'))
    expect(() => push(Buffer.alloc(LIMITS.hl7Bytes + 1, 'a'))).toThrow(/over the limit of 16777216 bytes/)
  })
})
