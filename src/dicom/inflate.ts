// Deflated data sets (PS3.5 A.5), with a limit: a few kilobytes can expand to gigabytes.
import { inflateRawSync } from 'node:zlib'
import { LIMITS } from '../domain/limits.ts'

/** The data set, or why there is none, in words that follow "its deflated data set". */
export function inflateDataSet(
  bytes: Uint8Array,
  maxBytes: number = LIMITS.inflatedBytes,
): { dataSet: Uint8Array } | { fault: string } {
  try {
    return { dataSet: inflateRawSync(bytes, { maxOutputLength: maxBytes }) }
  } catch (error) {
    const isTooLarge = (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
    return { fault: isTooLarge ? `is larger than ${maxBytes} bytes` : 'ends early or is damaged' }
  }
}
