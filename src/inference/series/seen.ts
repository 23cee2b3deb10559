// What the pixels say of a series, where its headers do not say it.
import type { ContrastEvidence } from './contrast.ts'
import type { Evidence, Weighting } from './evidence.ts'

export interface Seen {
  weighting?: Weighting
  contrast?: 'given' | 'not-given'
}

/** The weighting that the pixels show, where neither timing nor words say any. */
export function shownBy(headers: Evidence, weighting: Weighting | undefined): Evidence {
  if (weighting === undefined || !headers.silent) return headers
  return { ...headers, weighting, reasons: [`its tissues have the contrast of ${weighting}`, ...headers.reasons] }
}

/** The pixels speak where the headers do not say; of headers that say, they are the second witness after registration. */
export function withPixels(headers: ContrastEvidence, pixels: 'given' | 'not-given' | undefined): ContrastEvidence {
  if (pixels === undefined || headers.contrast === 'given' || headers.contrast === 'not-given') return headers
  const shown = pixels === 'given' ? 'its pixels show contrast agent' : 'its pixels show none'
  return { contrast: pixels, contrastReason: `${shown}, compared with the other T1; ${headers.contrastReason}` }
}
