// ImagingStudy (FHIR R4) by Study Instance UID, written only if the EHR has none: its series, and where its images are.
import type { Endpoint, Identifier, ImagingStudy, ImagingStudySeries } from '@medplum/fhirtypes'
import { calendarDate } from '../../domain/dicom-date.ts'
import type { ReportableResult } from '../../domain/finding.ts'
import type { StudyIdentity } from '../../domain/study.ts'
import { ACCESSION, DCM, DICOM_UID, DICOM_WADO_RS, MR } from './codes.ts'
import { metaOf, type ResourceSpec, refer } from './context.ts'
import { narrative } from './narrative.ts'

/** Accession number as an identifier; its issuer as text, since no system URI can be derived from it. */
export function accessionIdentifier(study: StudyIdentity): Identifier | undefined {
  if (!study.accessionNumber) return undefined
  return {
    type: ACCESSION,
    value: study.accessionNumber,
    ...(study.issuerOfAccessionNumber && { assigner: { display: study.issuerOfAccessionNumber } }),
  }
}

export function imagingStudy(study: StudyIdentity): ResourceSpec<ImagingStudy> {
  const value = `urn:oid:${study.studyInstanceUid}`
  const accession = accessionIdentifier(study)
  const started = calendarDate(study.studyDate)
  return {
    role: 'imagingStudy',
    key: { resourceType: 'ImagingStudy', param: 'identifier', system: DICOM_UID, value },
    build: (context) => ({
      resourceType: 'ImagingStudy',
      meta: metaOf(),
      text: narrative([
        `MR study${started ? ` of ${started}` : ''}${study.studyDescription ? `: ${study.studyDescription}` : ''}. Entered by software that analysed it.`,
      ]),
      identifier: [{ system: DICOM_UID, value }, ...(accession ? [accession] : [])],
      status: 'available',
      modality: [MR],
      subject: refer(context, 'patient'),
      ...(started && { started }),
      ...(study.studyDescription && { description: study.studyDescription }),
      ...imagesAt(context.report.links?.dicomweb),
      ...seriesOf(context.report.result),
    }),
  }
}

const ENDPOINT = 'dicomweb'

/** The archive's address as a contained Endpoint: it belongs to this study only, and needs no right to write Endpoints. */
function imagesAt(address: string | undefined): Pick<ImagingStudy, 'contained' | 'endpoint'> {
  if (address === undefined) return {}
  const endpoint: Endpoint = {
    resourceType: 'Endpoint',
    id: ENDPOINT,
    status: 'active',
    connectionType: DICOM_WADO_RS,
    payloadType: [{ text: 'DICOM' }],
    payloadMimeType: ['application/dicom'],
    address,
  }
  return { contained: [endpoint], endpoint: [{ reference: `#${ENDPOINT}` }] }
}

/**
 * Every series of images that the analysis considered, once each; the number of images for those that were used. Without our
 * own results, which change.
 */
function seriesOf({ decisions, inputs }: ReportableResult): Pick<ImagingStudy, 'series'> {
  const series = decisions.map(
    ({ seriesInstanceUid, seriesNumber, seriesDescription, modality }): ImagingStudySeries => {
      const input = inputs.find((one) => one.seriesInstanceUid === seriesInstanceUid)
      return {
        uid: seriesInstanceUid,
        ...(/^\d{1,9}$/.test(seriesNumber) && { number: Number(seriesNumber) }),
        modality: modality === MR.code ? MR : { system: DCM, code: modality },
        ...(seriesDescription && { description: seriesDescription }),
        ...(input && { numberOfInstances: input.sopInstanceUids.length }),
      }
    },
  )
  return series.length > 0 ? { series } : {}
}
