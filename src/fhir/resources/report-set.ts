// All resources of one report, ordered so that each refers only to earlier ones.
import type { Device, DiagnosticReport, ImagingStudy, ResourceType } from '@medplum/fhirtypes'
import { AppError } from '../../domain/errors.ts'
import type { EhrReport } from '../../domain/ports/clinical-record.ts'
import type { ResourceSpec } from './context.ts'
import { bundleDevice } from './device.ts'
import { diagnosticReport } from './diagnostic-report.ts'
import { documentReference } from './document-reference.ts'
import { imagingStudy } from './imaging-study.ts'
import { keyImageMedia } from './media.ts'
import { diametersObservation, headObservation, volumeObservation } from './observations.ts'
import { provenance } from './provenance.ts'
import { survivalAssessment } from './risk-assessment.ts'

export interface ReportSet {
  /** Shared with other reports: created if missing, never changed. */
  shared: [ResourceSpec<Device>, ResourceSpec<ImagingStudy>]
  anchor: ResourceSpec<DiagnosticReport>
  /** Everything else, which belongs to this analysis only. */
  rest: ResourceSpec[]
  /** Roles in `shared` and `anchor` that the server does not accept: referred to by identifier, not written. */
  mentioned: ReadonlySet<string>
}

/**
 * Pure: the same report gives the same set. An evaluable survival head is a RiskAssessment, anything else an Observation.
 * `takes` says which types the server is to receive.
 */
export function reportSet(
  { result, keyImages = [] }: Pick<EhrReport, 'result' | 'keyImages'>,
  analysisSystem: string,
  accepts: (type: ResourceType) => boolean = () => true,
): ReportSet {
  const { analysisId } = result
  const volumes = result.measurements.map((m) => volumeObservation(analysisSystem, analysisId, m))
  const diameters = (result.diameters ?? []).map((lesion, n) =>
    diametersObservation(analysisSystem, analysisId, lesion, n),
  )
  const measured = [...volumes, ...diameters]
  const heads = result.predictions
    .filter((p) => p.head !== 'survival' || p.status !== 'evaluable')
    .map((p) => headObservation(analysisSystem, analysisId, p))
  const isAccepted = (spec: ResourceSpec) => accepts(spec.key.resourceType)
  const observations = [...measured, ...heads].filter(isAccepted).map((o) => o.role)
  const risks = result.predictions.flatMap((p) =>
    p.head === 'survival' && p.status === 'evaluable'
      ? [survivalAssessment(analysisSystem, analysisId, p, observations)]
      : [],
  )
  const pictures = keyImages.map((one) => keyImageMedia(analysisSystem, analysisId, one))
  const shownPictures = pictures.filter(isAccepted).map(({ role }) => role)
  const anchor = diagnosticReport(analysisSystem, analysisId, observations, shownPictures)
  const document = documentReference(analysisSystem, analysisId)
  const targets = [anchor, document, ...measured, ...heads, ...risks].filter(isAccepted).map((target) => target.role)
  const trace = provenance(analysisSystem, analysisId, targets)
  const rest = [...measured, ...heads, ...risks, ...pictures, document, trace].filter(isAccepted)
  const roles = rest.map((spec) => spec.key.resourceType + spec.key.value)
  const twice = roles.find((role, index) => roles.indexOf(role) !== index)
  if (twice) throw new AppError('BUNDLE_INVALID', `two results of the bundle have one name: ${twice}`)
  const shared: ReportSet['shared'] = [bundleDevice(result.bundle), imagingStudy(result.study)]
  const mentioned = new Set([...shared, anchor].filter((spec) => !isAccepted(spec)).map((spec) => spec.role))
  return { shared, anchor, rest, mentioned }
}
