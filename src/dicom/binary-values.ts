// Binary values (PS3.5 Section 6.2): numbers of fixed size, and words in the byte order of the JSON model, little endian.

/** Bytes per word of the VRs whose values stay binary. */
export const BINARY_WORD: Record<string, number> = { OB: 1, UN: 1, OW: 2, OF: 4, OL: 4, OD: 8, OV: 8 }
/** Bytes per value of the VRs that hold numbers or tags. */
export const NUMBER_SIZE: Record<string, number> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8, SV: 8, UV: 8, AT: 4 }

export function readNumbers(vr: string, raw: Uint8Array, size: number, little: boolean): (number | string)[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const one = (at: number): number | string => {
    if (vr === 'US') return view.getUint16(at, little)
    if (vr === 'SS') return view.getInt16(at, little)
    if (vr === 'UL') return view.getUint32(at, little)
    if (vr === 'SL') return view.getInt32(at, little)
    if (vr === 'FL') return view.getFloat32(at, little)
    if (vr === 'FD') return view.getFloat64(at, little)
    if (vr === 'SV') return exact(view.getBigInt64(at, little))
    if (vr === 'UV') return exact(view.getBigUint64(at, little))
    const tag = view.getUint16(at, little) * 0x10000 + view.getUint16(at + 2, little)
    return tag.toString(16).toUpperCase().padStart(8, '0')
  }
  return Array.from({ length: raw.length / size }, (_, index) => one(index * size))
}

/** 64-bit numbers beyond 2^53 stay text (PS3.18 F.2.3.1). */
function exact(value: bigint): number | string {
  return BigInt.asIntN(54, value) === value ? Number(value) : String(value)
}

export function littleEndian(raw: Uint8Array, word: number): Buffer {
  if (word === 1) return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const copy = Buffer.from(raw)
  for (let at = 0; at + word <= copy.length; at += word) copy.subarray(at, at + word).reverse()
  return copy
}
