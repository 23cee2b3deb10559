// File Meta Information of a Part 10 object, read without parsing the data set (PS3.10 Section 7.1).
import type { Uid } from '../domain/study.ts'

export interface FileMeta {
  sopClassUid: Uid
  sopInstanceUid: Uid
  transferSyntaxUid: Uid
  /** Where the data set starts. */
  dataSetOffset: number
}

const LONG_VRS = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'])

/** Whether a VR has a 32-bit length in explicit encodings (PS3.5 Section 7.1.2). */
export function hasLongLength(vr: string): boolean {
  return LONG_VRS.has(vr)
}

/** The group 0002 elements that name the object; undefined when the bytes are not a Part 10 object or end within them. */
export function readFileMeta(bytes: Uint8Array): FileMeta | undefined {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (data.length < 132 || data.toString('latin1', 128, 132) !== 'DICM') return undefined
  const found = new Map<number, string>()
  let at = 132
  while (at + 8 <= data.length && data.readUInt16LE(at) === 0x0002) {
    const long = hasLongLength(data.toString('latin1', at + 4, at + 6))
    if (long && at + 12 > data.length) return undefined
    const length = long ? data.readUInt32LE(at + 8) : data.readUInt16LE(at + 6)
    const value = at + (long ? 12 : 8)
    if (value + length > data.length) return undefined
    found.set(data.readUInt16LE(at + 2), trimUid(data.subarray(value, value + length)))
    at = value + length
  }
  const uid = (element: number) => found.get(element) ?? ''
  const meta = {
    sopClassUid: uid(0x0002),
    sopInstanceUid: uid(0x0003),
    transferSyntaxUid: uid(0x0010),
    dataSetOffset: at,
  }
  return meta.sopInstanceUid && meta.transferSyntaxUid ? meta : undefined
}

/** A UID without its padding: a null, or the space that some write. */
export function trimUid(value: Uint8Array): Uid {
  return Buffer.from(value)
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
}
