// What the archive holds of an analysis: decided in one place, by the receipt of a completed delivery, never by what was meant to be stored.
import type { StoredObject } from '../dicom/sr/evidence.ts'
import type { LegRecord } from '../domain/delivery.ts'
import type { Artifact, ArtifactRole } from '../domain/ports/analysis-store.ts'

export interface DeliveredObject {
  role: ArtifactRole
  object: StoredObject
}

/** The receipt of the delivery to the archive, by role; empty until it is complete. */
export function archiveReceipt(legs: readonly LegRecord[]): Readonly<Record<string, string>> {
  return legs.find(({ leg, state }) => leg === 'pacs' && state === 'done')?.receipt ?? {}
}

/** Without rejection notes: rejecting a note would bring back what it withdrew. */
export function deliveredObjects(legs: readonly LegRecord[], artifacts: readonly Artifact[]): DeliveredObject[] {
  const receipt = archiveReceipt(legs)
  return artifacts.flatMap(({ role, sopInstanceUid, seriesInstanceUid, sopClassUid }) =>
    role !== 'rejection-note' && sopInstanceUid && seriesInstanceUid && sopClassUid && receipt[role] === sopInstanceUid
      ? [{ role, object: { sopInstanceUid, seriesInstanceUid, sopClassUid } }]
      : [],
  )
}
