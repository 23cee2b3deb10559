// Profiles of what a clinician opens: DiagnosticReport, DocumentReference, and the RiskAssessment of survival.
import { DIAGNOSTIC_IMAGING_STUDY, PREDICTION_SYSTEM } from '../../../src/fhir/resources/codes.ts'
import { canonical } from '../canonical.ts'
import { invariant, type Profile, referenceTo } from '../profile.ts'
import { ASSERTED_BY_AI, identifier, meta, subject, text } from './common.ts'

const WRITTEN = "status != 'registered'"

export const diagnosticReport: Profile = {
  id: 'gliabridge-diagnostic-report',
  type: 'DiagnosticReport',
  title: 'Report of one analysis',
  description:
    'Posted twice: first registered, with nothing on it, as the lock against a second report; then preliminary, with everything. Everything here also keeps the rules of US Core DiagnosticReport for Report and Note Exchange.',
  invariants: [
    ASSERTED_BY_AI,
    invariant(
      'gb-report-1',
      'Unless only registered: conclusion and narrative that stand alone, results, study',
      `${WRITTEN} implies (conclusion.exists() and text.\`div\`.exists() and imagingStudy.exists() and issued.exists())`,
    ),
    invariant(
      'gb-report-2',
      'Unless only registered: the report as PDF and as HTML, each with size and SHA-1',
      `${WRITTEN} implies (presentedForm.where(contentType = 'application/pdf' and size.exists() and hash.exists() and (data.exists() or url.exists())).exists() and presentedForm.where(contentType = 'text/html' and size.exists() and hash.exists() and data.exists()).exists())`,
    ),
    invariant(
      'gb-report-3',
      'What no physician has signed says so in its first line',
      "status = 'preliminary' implies conclusion.contains('not reviewed by a physician')",
    ),
    invariant(
      'gb-report-4',
      'A final report names who interpreted it',
      "(status = 'final' or status = 'amended' or status = 'corrected') implies resultsInterpreter.exists()",
    ),
    invariant(
      'gb-report-5',
      'Category Radiology by LOINC and by HL7 v2 table 0074',
      "category.coding.where(system = 'http://loinc.org' and code = 'LP29684-5').exists() and category.coding.where(code = 'RAD').exists()",
    ),
  ],
  rules: [
    meta('DiagnosticReport'),
    { ...text('DiagnosticReport'), min: 0 },
    identifier('DiagnosticReport'),
    { path: 'DiagnosticReport.basedOn', short: 'The order, by accession number' },
    { path: 'DiagnosticReport.status', short: 'registered, preliminary; the rest is set by people' },
    { path: 'DiagnosticReport.category', min: 2 },
    { path: 'DiagnosticReport.code', short: 'LOINC 24587-8 where both kinds of T1 went in, else 24590-2' },
    subject('DiagnosticReport'),
    {
      path: 'DiagnosticReport.effective[x]',
      type: [{ code: 'dateTime' }],
      short: 'Date of the study; absent where the study states none, and then not valid US Core (us-core-10)',
    },
    { path: 'DiagnosticReport.issued' },
    { path: 'DiagnosticReport.resultsInterpreter', short: 'Who signed; never written before a person has' },
    { path: 'DiagnosticReport.result' },
    { path: 'DiagnosticReport.imagingStudy' },
    { path: 'DiagnosticReport.conclusion' },
    { path: 'DiagnosticReport.presentedForm', short: 'PDF (in itself or a Binary), HTML' },
  ],
}

export const documentReference: Profile = {
  id: 'gliabridge-document-reference',
  type: 'DocumentReference',
  title: 'The report as a document',
  description:
    'The PDF for servers and people who look for documents. Everything here also keeps the rules of US Core DocumentReference.',
  invariants: [
    ASSERTED_BY_AI,
    invariant(
      'gb-document-1',
      'A PDF with size and SHA-1, in itself or by URL',
      "content.all(attachment.contentType = 'application/pdf' and attachment.size.exists() and attachment.hash.exists() and (attachment.data.exists() or attachment.url.exists()))",
    ),
    invariant(
      'gb-document-3',
      'A clinical note of US Core',
      "category.coding.where(system = 'http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category' and code = 'clinical-note').exists()",
    ),
    invariant('gb-document-2', 'Written by the model bundle', 'author.exists()'),
  ],
  rules: [
    meta('DocumentReference'),
    text('DocumentReference'),
    identifier('DocumentReference'),
    { path: 'DocumentReference.status' },
    { path: 'DocumentReference.docStatus', min: 1, short: 'preliminary until a physician has signed' },
    {
      path: 'DocumentReference.type',
      min: 1,
      patternCodeableConcept: {
        coding: [{ system: DIAGNOSTIC_IMAGING_STUDY.system!, code: DIAGNOSTIC_IMAGING_STUDY.code! }],
      },
    },
    { path: 'DocumentReference.category', min: 1, max: '1', short: 'clinical-note of US Core' },
    subject('DocumentReference'),
    { path: 'DocumentReference.date', min: 1 },
    { path: 'DocumentReference.author', min: 1, max: '1', ...referenceTo('Device') },
    { path: 'DocumentReference.content', max: '1' },
    { path: 'DocumentReference.content.attachment' },
    { path: 'DocumentReference.content.format', min: 1 },
    { path: 'DocumentReference.context', min: 1 },
    { path: 'DocumentReference.context.period', short: 'Day of the study' },
    { path: 'DocumentReference.context.related', min: 1, short: 'Study, report, and the DICOM objects by UID' },
  ],
}

export const riskAssessment: Profile = {
  id: 'gliabridge-survival',
  type: 'RiskAssessment',
  title: 'Predicted survival',
  description:
    'One prediction per horizon. probabilityDecimal is a percentage (0 to 100) in R4; whenPeriod is from the study to the horizon (whenRange would be an age). A hazard ratio is never given as relativeRisk.',
  invariants: [
    ASSERTED_BY_AI,
    invariant(
      'gb-survival-1',
      'Coded as predicted survival',
      `code.coding.where(system = '${PREDICTION_SYSTEM}' and code = 'predicted-survival').exists()`,
    ),
    invariant(
      'gb-survival-2',
      'Each horizon has a probability in percent, and its interval in words where it has one for programs',
      `prediction.all(probability.ofType(decimal) >= 0 and probability.ofType(decimal) <= 100 and (extension.where(url = '${canonical('StructureDefinition', 'probability-interval')}').exists() implies rationale.exists()))`,
    ),
    invariant(
      'gb-survival-3',
      'Says that it is no test of tissue',
      "note.text.where(contains('not a tissue test')).exists()",
    ),
  ],
  rules: [
    meta('RiskAssessment'),
    text('RiskAssessment'),
    identifier('RiskAssessment'),
    { path: 'RiskAssessment.status', short: 'preliminary until a physician has signed' },
    { path: 'RiskAssessment.method', min: 1 },
    {
      path: 'RiskAssessment.code',
      min: 1,
      binding: { strength: 'required', valueSet: canonical('ValueSet', 'imaging-prediction') },
    },
    subject('RiskAssessment'),
    { path: 'RiskAssessment.occurrence[x]', type: [{ code: 'dateTime' }] },
    { path: 'RiskAssessment.performer', min: 1, ...referenceTo('Device') },
    { path: 'RiskAssessment.basis', min: 1, short: 'The study, and the Observations of the same analysis' },
    { path: 'RiskAssessment.prediction', min: 1 },
    { path: 'RiskAssessment.prediction.outcome', min: 1 },
    { path: 'RiskAssessment.prediction.probability[x]', min: 1, type: [{ code: 'decimal' }] },
    { path: 'RiskAssessment.prediction.when[x]', type: [{ code: 'Period' }] },
    { path: 'RiskAssessment.note', min: 1 },
  ],
}
