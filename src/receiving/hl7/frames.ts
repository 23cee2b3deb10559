// MLLP frames (HL7 Transport Specification, Release 1): start block, message, end block, in whatever pieces they arrive.
import { AppError } from '../../domain/errors.ts'
import { LIMITS } from '../../domain/limits.ts'

const START = 0x0b
const END = 0x1c
const CR = 0x0d
const LF = 0x0a
/** How many bytes between frames are tolerated; a peer that sends more speaks another protocol. */
const MAX_STRAY_BYTES = 1024

export interface MllpFrames {
  /** The messages completed by this piece. Throws MESSAGE_INVALID if the data is not MLLP, or over a limit. */
  push(chunk: Uint8Array): Generator<Uint8Array, void>
  /** Whether a message has begun and not ended. */
  isOpen(): boolean
}

export function createMllpFrames(): MllpFrames {
  let parts: Uint8Array[] | undefined
  let length = 0
  let stray = 0

  function keep(bytes: Uint8Array): void {
    length += bytes.length
    if (length > LIMITS.hl7Bytes)
      throw new AppError('MESSAGE_INVALID', `a message is over the limit of ${LIMITS.hl7Bytes} bytes`)
    if (bytes.length > 0) parts!.push(bytes)
  }

  function pass(bytes: Uint8Array): void {
    for (const byte of bytes) if (byte !== CR && byte !== LF) stray += 1
    if (stray > MAX_STRAY_BYTES) throw new AppError('MESSAGE_INVALID', 'what comes is not framed as MLLP')
  }

  return {
    isOpen: () => parts !== undefined,
    *push(chunk) {
      let rest = chunk
      while (rest.length > 0) {
        const start = rest.indexOf(START)
        const end = parts === undefined ? -1 : rest.indexOf(END)
        if (end >= 0 && (start < 0 || end < start)) {
          keep(rest.subarray(0, end))
          const message = Buffer.concat(parts!)
          parts = undefined
          rest = rest.subarray(end + 1)
          yield message
        } else if (start >= 0) {
          // A start inside a message: its sender began again, so the first half is dropped.
          if (parts === undefined) pass(rest.subarray(0, start))
          parts = []
          length = 0
          rest = rest.subarray(start + 1)
        } else {
          if (parts === undefined) pass(rest)
          else keep(rest)
          return
        }
      }
    },
  }
}
