// ImagingStudy (FHIR R4) by Study Instance UID, written only when the EHR has none.
import type { Identifier, ImagingStudy } from '@medplum/fhirtypes'
import { calendarDate } from '../../domain/dicom-date.ts'
import type { StudyIdentity } from '../../domain/study.ts'
import { ACCESSION, DICOM_UID, MR } from './codes.ts'
import { metaOf, type ResourceSpec, refer } from './context.ts'
import { narrative } from './narrative.ts'

/** Accession number as an identifier; its issuer as text, since no system URI can be known from it. */
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
    }),
  }
}
