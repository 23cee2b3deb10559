// What the pixels say about a series if its headers do not.
import type { ContrastEvidence } from './contrast.ts'
import type { Evidence, Weighting } from './evidence.ts'

export interface Seen {
  weighting?: Weighting
  contrast?: 'given' | 'not-given'
}

/** Uses the weighting that the pixels show if neither timing nor words name one. */
export function shownBy(headers: Evidence, weighting: Weighting | undefined): Evidence {
  if (weighting === undefined || !headers.silent) return headers
  return { ...headers, weighting, reasons: [`its tissues have the contrast of ${weighting}`, ...headers.reasons] }
}

/** The pixels decide only if the headers do not; otherwise they check the headers, after registration. */
export function withPixels(headers: ContrastEvidence, pixels: 'given' | 'not-given' | undefined): ContrastEvidence {
  if (pixels === undefined || headers.contrast === 'given' || headers.contrast === 'not-given') return headers
  const shown = pixels === 'given' ? 'its pixels show contrast agent' : 'its pixels show none'
  return { contrast: pixels, contrastReason: `${shown}, compared with the other T1; ${headers.contrastReason}` }
}
