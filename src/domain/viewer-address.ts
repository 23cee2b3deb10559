// The site's viewer, opened at a study: what http.viewerUrl says, with the study put in.
import type { Uid } from './study.ts'

export function viewerAddress(viewerUrl: string, studyInstanceUid: Uid): string {
  return viewerUrl.replaceAll('{studyInstanceUid}', encodeURIComponent(studyInstanceUid))
}
