// DiagnosticReport (FHIR R4): what the clinician opens. It is also the anchor: created first, and its version locks every post.

import type { DiagnosticReport, Identifier, Media, Reference, ServiceRequest } from '@medplum/fhirtypes'
import { calendarDate } from '../../domain/dicom-date.ts'
import type { ReportableResult } from '../../domain/finding.ts'
import { conclusionOf } from '../../wording/report-text.ts'
import { htmlAttachment, pdfAttachment } from './attachment.ts'
import { MR_BRAIN, MR_BRAIN_WO_W, RADIOLOGY } from './codes.ts'
import { type BuildContext, metaOf, type Order, type ResourceSpec, refer } from './context.ts'
import { keyValue } from './identifiers.ts'
import { accessionIdentifier } from './imaging-study.ts'
import { narrativeOf } from './report-narrative.ts'

/** `results` and `pictures` name the roles of its Observations and Media. */
export function diagnosticReport(
  analysisSystem: string,
  analysisId: string,
  results: string[],
  pictures: string[] = [],
): ResourceSpec<DiagnosticReport> {
  const value = keyValue(analysisId)
  return {
    role: 'diagnosticReport',
    key: { resourceType: 'DiagnosticReport', param: 'identifier', system: analysisSystem, value },
    build: (context) => ({
      ...header(context, { system: analysisSystem, value }),
      status: 'preliminary',
      text: { status: 'additional', div: narrativeOf(context.report, context.review) },
      issued: context.writtenAt,
      result: results.map((role) => refer(context, role)),
      imagingStudy: [refer(context, 'imagingStudy')],
      ...(pictures.length > 0 && { media: pictures.map((role) => ({ link: refer<Media>(context, role) })) }),
      conclusion: conclusionOf(context.report.result, context.review),
      presentedForm: [pdfAttachment(context), htmlAttachment(context)],
    }),
  }
}

/** The same report before anything refers to it. */
export function anchorOf(spec: ResourceSpec<DiagnosticReport>, context: BuildContext): DiagnosticReport {
  return { ...header(context, { system: spec.key.system, value: spec.key.value }), status: 'registered' }
}

function header(
  context: BuildContext,
  identifier: { system: string; value: string },
): Omit<DiagnosticReport, 'status'> {
  const { result } = context.report
  const date = calendarDate(result.study.studyDate)
  const accession = accessionIdentifier(result.study)
  return {
    resourceType: 'DiagnosticReport',
    meta: metaOf(),
    identifier: [identifier],
    ...(accession && !context.orderIsOpen && { basedOn: [orderReference(context.order, accession)] }),
    ...(context.encounter && { encounter: { reference: context.encounter } }),
    category: RADIOLOGY,
    code: { coding: [procedureOf(result)], text: 'MR brain: glioma segmentation and predictions by software' },
    subject: refer(context, 'patient'),
    ...(date && { effectiveDateTime: date }),
  }
}

function orderReference(order: Order | undefined, identifier: Identifier): Reference<ServiceRequest> {
  return { ...(order && { reference: order.reference }), type: 'ServiceRequest', identifier }
}

/** LOINC 24587-8 means without and with contrast: used only if both kinds of series were read. */
function procedureOf(result: ReportableResult) {
  const sequences = result.inputs.map((input) => input.sequence)
  return sequences.includes('T1') && sequences.includes('T1c') ? MR_BRAIN_WO_W : MR_BRAIN
}
