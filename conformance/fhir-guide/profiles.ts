// All profiles of the guide, and which one each of our resources must conform to.
import type { Resource } from '@medplum/fhirtypes'
import { DIAMETERS, PREDICTION_SYSTEM } from '../../src/fhir/resources/codes.ts'
import type { Profile } from './profile.ts'
import { communication, task } from './profiles/notices.ts'
import { diametersObservation, predictionObservation, volumeObservation } from './profiles/observations.ts'
import { diagnosticReport, documentReference, riskAssessment } from './profiles/reports.ts'
import { binary, device, imagingStudy, provenance } from './profiles/sources.ts'

export const PROFILES: readonly Profile[] = [
  diagnosticReport,
  volumeObservation,
  diametersObservation,
  predictionObservation,
  riskAssessment,
  documentReference,
  device,
  imagingStudy,
  provenance,
  communication,
  task,
  binary,
]

/** The profile of a resource that the service posts; undefined for one that it never posts. */
export function profileOf(resource: Resource): Profile | undefined {
  if (resource.resourceType === 'Observation') {
    const predicted = resource.code.coding?.some(({ system }) => system === PREDICTION_SYSTEM)
    if (predicted) return predictionObservation
    return resource.code.coding?.some(({ code }) => code === DIAMETERS) ? diametersObservation : volumeObservation
  }
  return PROFILES.find(({ type }) => type === resource.resourceType)
}
