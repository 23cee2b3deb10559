// How the pixels of an image are stored (Image Pixel module, PS3.3 C.7.6.3.1).

import { AppError } from '../domain/errors.ts'
import { LIMITS } from '../domain/limits.ts'
import type { DicomJson } from '../domain/study.ts'
import { number, text } from './dataset.ts'
import { instanceName } from './uid.ts'

/** Image Pixel Description (PS3.3 C.7.6.3.1). */
export interface PixelFormat {
  rows: number
  columns: number
  bitsAllocated: 8 | 16 | 32
  bitsStored: number
  highBit: number
  signed: boolean
}

/** Reads the pixel description of a data set. Throws SERIES_UNSUPPORTED, naming the attribute that cannot be handled. */
export function pixelFormat(ds: DicomJson): PixelFormat {
  const refuse = (why: string) =>
    new AppError('SERIES_UNSUPPORTED', `${instanceName(text(ds, 'SOPInstanceUID'))}: ${why}`)
  const whole = (keyword: string): number => {
    const value = number(ds, keyword)
    if (value === undefined || !Number.isInteger(value) || value < 0) throw refuse(`${keyword} is missing or invalid`)
    return value
  }
  const samples = number(ds, 'SamplesPerPixel') ?? 1
  const photometric = text(ds, 'PhotometricInterpretation')
  if (samples !== 1 || photometric !== 'MONOCHROME2') {
    throw refuse(
      `PhotometricInterpretation ${photometric} with ${samples} samples per pixel is not supported, only MONOCHROME2`,
    )
  }
  const bitsAllocated = whole('BitsAllocated')
  if (bitsAllocated !== 8 && bitsAllocated !== 16 && bitsAllocated !== 32) {
    throw refuse(`BitsAllocated ${bitsAllocated} is not supported`)
  }
  const bitsStored = whole('BitsStored')
  const highBit = number(ds, 'HighBit') ?? bitsStored - 1
  const rows = whole('Rows')
  const columns = whole('Columns')
  if (bitsStored < 1 || highBit >= bitsAllocated || highBit + 1 < bitsStored || rows === 0 || columns === 0) {
    throw refuse('Rows, Columns, BitsStored and HighBit contradict each other')
  }
  if (rows * columns > LIMITS.framePixels) {
    throw refuse(`Rows × Columns is ${rows} × ${columns}, more than ${LIMITS.framePixels} pixels`)
  }
  return { rows, columns, bitsAllocated, bitsStored, highBit, signed: whole('PixelRepresentation') === 1 }
}
