// Transfer syntaxes (PS3.5 Section 10 and Annex A): how a data set and its pixels are encoded.
import type { Uid } from '../domain/study.ts'

export const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2'
export const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1'
export const DEFLATED_LITTLE_ENDIAN = '1.2.840.10008.1.2.1.99'
export const EXPLICIT_BIG_ENDIAN = '1.2.840.10008.1.2.2'
export const RLE_LOSSLESS = '1.2.840.10008.1.2.5'

export interface Encoding {
  implicit: boolean
  bigEndian: boolean
  deflated: boolean
  encapsulated: boolean
}

/** Every syntax outside the four native ones is Explicit VR Little Endian with encapsulated pixels (PS3.5 A.4). */
export function encodingOf(transferSyntaxUid: Uid): Encoding {
  const native = [IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN, DEFLATED_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN]
  return {
    implicit: transferSyntaxUid === IMPLICIT_LITTLE_ENDIAN,
    bigEndian: transferSyntaxUid === EXPLICIT_BIG_ENDIAN,
    deflated: transferSyntaxUid === DEFLATED_LITTLE_ENDIAN,
    encapsulated: !native.includes(transferSyntaxUid),
  }
}
