// What parts of the service need and no single setting states directly.
import type { ArtifactRole } from '../domain/ports/analysis-store.ts'
import { viewerAddress } from '../domain/viewer-address.ts'
import type { Settings } from './schema.ts'

/** Results that this site does not want in its PACS. */
export function excludedRoles({ writeBack }: Settings): ReadonlySet<ArtifactRole> {
  return new Set<ArtifactRole>([
    ...(writeBack.pdf ? [] : (['encapsulated-pdf'] as const)),
    ...(writeBack.report ? [] : (['report'] as const)),
  ])
}

/** What is read of a patient's record. */
export function readsOfRecord({ ehr: { reads, consent } }: Settings) {
  return { ...reads, optOutCodes: consent.optOutCodes }
}

/** The settings that an analysis follows. */
export function settingsOfAnalysis({ series, http, ehr, writeBack, priors, inference }: Settings) {
  return {
    ...series,
    ...(http.publicUrl !== undefined && { publicUrl: http.publicUrl }),
    consentRequired: ehr.consent.required,
    writeBack,
    priors,
    outsideIntendedUse: inference.outsideIntendedUse,
  }
}

export function poolSizes({ pools: { inFlightMiB, ...sizes } }: Pick<Settings, 'pools'>) {
  return { ...sizes, inFlightBytes: inFlightMiB * 2 ** 20 }
}

/** What the EHR is given to reach the images. */
export function waysToImages({ ehr: { images }, http: { publicUrl, viewerUrl } }: Settings) {
  return {
    keyImages: images.keyImages,
    links: ({ analysisId, studyInstanceUid }: { analysisId: string; studyInstanceUid: string }) => ({
      ...(publicUrl !== undefined && { page: `${publicUrl}/analyses/${analysisId}` }),
      ...(viewerUrl !== undefined && { viewer: viewerAddress(viewerUrl, studyInstanceUid) }),
      ...(images.dicomwebUrl !== undefined && { dicomweb: images.dicomwebUrl }),
    }),
  }
}
