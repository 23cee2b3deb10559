// The address of the site's viewer for a study: http.viewerUrl with the study filled in.
import type { Uid } from './study.ts'

export function viewerAddress(viewerUrl: string, studyInstanceUid: Uid): string {
  return viewerUrl.replaceAll('{studyInstanceUid}', encodeURIComponent(studyInstanceUid))
}
