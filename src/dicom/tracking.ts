// How a finding is followed through our objects and later studies (C.8.20.4, TID 1419): a text for people, and a UID as proof.
import type { Tracking } from '../domain/comparison.ts'
import type { Head } from '../domain/finding.ts'
import { deterministicUid } from './uid.ts'

/** Label and region of enhancing tumour, whose diameters RANO requires. */
export const ENHANCING = 'ET'

// Keys of findings that are neither a region nor a label.
/** Key of a whole lesion; lesions are renumbered in each study. */
export const wholeLesionKey = (number: number) => `lesion ${number}`
export const isWholeLesionKey = (key: string) => /^lesion \d+$/.test(key)
/** Key of an enhancing lesion, by its number. */
export const lesionKey = (number: number) => `${ENHANCING} lesion ${number}`
export const changeKey = (region: string) => `change ${region}`
export const CATEGORY_KEY = 'change category'
export const predictionKey = (head: Head) => `predicted ${head}`

/** Text and UID of a finding by its key; those of the earlier study if it continues a finding there. */
export function trackingOf(
  { analysisId, comparison }: { analysisId: string; comparison?: { tracking: Readonly<Record<string, Tracking>> } },
  key: string,
): Tracking {
  return comparison?.tracking[key] ?? { identifier: `${key} ${analysisId}`, uid: trackingUid(analysisId, key) }
}

/**
 * The key of a finding, and the analysis that started tracking it, this one or an earlier study's; undefined unless the UID derives
 * from both: the text alone, which anybody could have written, proves nothing.
 */
export function readTracking({ identifier, uid }: Tracking): { key: string; analysisId: string } | undefined {
  const end = identifier.lastIndexOf(' ')
  const [key, analysisId] = [identifier.slice(0, end), identifier.slice(end + 1)]
  return end > 0 && trackingUid(analysisId, key) === uid ? { key, analysisId } : undefined
}

function trackingUid(analysisId: string, key: string): string {
  return deterministicUid(analysisId, 'tracking', key)
}
