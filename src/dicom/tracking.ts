// How one finding is followed through our objects and later studies (C.8.20.4, TID 1419): a text for people, and the UID that proves it.
import type { Tracking } from '../domain/comparison.ts'
import type { Head } from '../domain/finding.ts'
import { deterministicUid } from './uid.ts'

/** Label and region of enhancing tumour, whose diameters RANO asks for. */
export const ENHANCING = 'ET'

// The keys of what is no region or label.
/** Of a lesion as a whole; numbered afresh in each study. */
export const wholeLesionKey = (number: number) => `lesion ${number}`
export const isWholeLesionKey = (key: string) => /^lesion \d+$/.test(key)
/** Of an enhancing lesion, by its number. */
export const lesionKey = (number: number) => `${ENHANCING} lesion ${number}`
export const changeKey = (region: string) => `change ${region}`
export const CATEGORY_KEY = 'change category'
export const predictionKey = (head: Head) => `predicted ${head}`

/** Text and UID of a finding by its key; those of an earlier study where it continues one. */
export function trackingOf(
  { analysisId, comparison }: { analysisId: string; comparison?: { tracking: Readonly<Record<string, Tracking>> } },
  key: string,
): Tracking {
  return comparison?.tracking[key] ?? { identifier: `${key} ${analysisId}`, uid: trackingUid(analysisId, key) }
}

/**
 * The key of a finding, and the analysis that began to follow it, this one or an earlier study's; undefined unless the UID derives
 * from both: a text alone, which anybody may have written, says nothing.
 */
export function readTracking({ identifier, uid }: Tracking): { key: string; analysisId: string } | undefined {
  const end = identifier.lastIndexOf(' ')
  const [key, analysisId] = [identifier.slice(0, end), identifier.slice(end + 1)]
  return end > 0 && trackingUid(analysisId, key) === uid ? { key, analysisId } : undefined
}

function trackingUid(analysisId: string, key: string): string {
  return deterministicUid(analysisId, 'tracking', key)
}
