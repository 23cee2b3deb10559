// Unique identifiers derived from content (PS3.5 Section 9 and B.2), so that a re-run gives the same object the same UID.
import { createHash } from 'node:crypto'
import { sha256Of } from '../domain/digest.ts'
import type { Uid } from '../domain/study.ts'

/** "2.25." and a UUID (version 8, RFC 9562) from the sha256 of the parts; their boundaries are part of the hash. */
export function deterministicUid(...parts: string[]): Uid {
  const bytes = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return `2.25.${BigInt(`0x${bytes.toString('hex')}`)}`
}

/** sha256 (hexadecimal) over the sorted list; the order of the input does not matter. */
export function digestOf(uids: string[]): string {
  return sha256Of([...uids].sort().join('\n'))
}

/** Whether the text is a valid UID: at most 64 characters, numbers without leading zeros. */
export function isUid(text: string): boolean {
  return text.length <= 64 && /^[0-2](\.(0|[1-9]\d*))+$/.test(text)
}

/** Like isUid, but also accepts leading zeros, which some scanners write: digits and dots, at most 64 characters. */
export function isUidInUse(text: string): boolean {
  return text.length <= 64 && /^\d+(\.\d+)+$/.test(text)
}

/** Names an instance in messages; in a damaged object the UID may be anything, even a patient's name, and is then not repeated. */
export function instanceName(sopInstanceUid: string): string {
  return isUidInUse(sopInstanceUid) ? `instance ${sopInstanceUid}` : 'an instance without readable SOP Instance UID'
}
