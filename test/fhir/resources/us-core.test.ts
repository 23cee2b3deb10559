// US Core 7.0.0, DiagnosticReport for Report and Note Exchange, and DocumentReference: mandatory and must-support elements, bindings, invariants.
import type { DiagnosticReport, DocumentReference, Resource } from '@medplum/fhirtypes'
import { describe, expect, it } from 'vitest'
import { invariant, type Profile } from '../../../conformance/fhir-guide/profile.ts'
import { buildReport } from '../../support/built-report.ts'
import { profileErrors } from '../../support/fhir-profiles.ts'
import { sampleReport } from '../../support/fhir-report.ts'

/**
 * The package hl7.fhir.us.core is in no registry that a test can reach, so its rules stand here, as Inferno's US Core test kit
 * lists them (lib/us_core_test_kit/generated/v7.0.0/{diagnostic_report_note,document_reference}/metadata.yml), with the
 * invariants us-core-6 and us-core-10 of the profiles themselves.
 */
const REPORT: Profile & { mustSupport: string[] } = {
  id: 'us-core-diagnosticreport-note',
  type: 'DiagnosticReport',
  title: 'US Core DiagnosticReport Profile for Report and Note Exchange',
  description: 'Encoded for the test.',
  invariants: [
    invariant(
      'us-core-10',
      'effective[x] shall be present if the status is partial, preliminary, final, amended, corrected or appended',
      "(status = 'partial' or status = 'preliminary' or status = 'final' or status = 'amended' or status = 'corrected' or status = 'appended') implies effective.exists()",
    ),
    invariant(
      'category-us-core',
      'A category of the required value set',
      "category.coding.where(system = 'http://loinc.org' and (code = 'LP29684-5' or code = 'LP29708-2' or code = 'LP7839-6')).exists()",
    ),
  ],
  rules: [
    { path: 'DiagnosticReport.category', min: 1 },
    { path: 'DiagnosticReport.subject', min: 1 },
    { path: 'DiagnosticReport.effective[x]', type: [{ code: 'dateTime' }, { code: 'Period' }] },
  ],
  mustSupport:
    'status category code subject encounter effectiveDateTime issued performer result media presentedForm'.split(' '),
}

const DOCUMENT: Profile & { mustSupport: string[] } = {
  id: 'us-core-documentreference',
  type: 'DocumentReference',
  title: 'US Core DocumentReference Profile',
  description: 'Encoded for the test.',
  invariants: [
    invariant('us-core-6', 'url or data, or both', 'content.attachment.all(url.exists() or data.exists())'),
    invariant(
      'category-uscore',
      'A category of the required value set',
      "category.coding.where(system = 'http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category' and code = 'clinical-note').exists()",
    ),
    // The required value set of type is every LOINC code of a document, and UNK; 18748-4 is one of them.
    invariant(
      'type-loinc',
      'A LOINC document code',
      "type.coding.where(system = 'http://loinc.org' and code = '18748-4').exists()",
    ),
  ],
  rules: [
    { path: 'DocumentReference.type', min: 1 },
    { path: 'DocumentReference.category', min: 1 },
    { path: 'DocumentReference.subject', min: 1 },
  ],
  mustSupport:
    'identifier status type category subject date author content content.attachment content.attachment.contentType content.attachment.data|url content.format context context.encounter context.period'.split(
      ' ',
    ),
}

/** Whether an element has a value; "a|b" is a choice. */
function has(value: unknown, path: string): boolean {
  const [head = '', ...rest] = path.split('.')
  return head.split('|').some((name) => {
    const inner = (value as Record<string, unknown>)[name]
    const list = Array.isArray(inner) ? inner : inner === undefined ? [] : [inner]
    return list.some((one) => rest.length === 0 || has(one, rest.join('.')))
  })
}

const absent = (resource: Resource, paths: string[]) => paths.filter((path) => !has(resource, path))

describe('US Core', () => {
  const { resources, anchor } = buildReport(sampleReport(), {
    reference: 'ServiceRequest/r1',
    encounter: 'Encounter/e1',
  })
  const report = resources.get('diagnosticReport') as DiagnosticReport
  const document = resources.get('documentReference') as DocumentReference

  it('DiagnosticReport keeps the profile, registered and preliminary', () => {
    expect(profileErrors(report, REPORT)).toEqual([])
    expect(profileErrors(anchor, REPORT)).toEqual([])
  })

  it('DiagnosticReport has every must-support element but what nobody knows yet', () => {
    expect(absent(report, REPORT.mustSupport)).toEqual(['performer', 'media'])
  })

  it('DocumentReference keeps the profile', () => expect(profileErrors(document, DOCUMENT)).toEqual([]))

  it('DocumentReference has every must-support element', () => {
    expect(absent(document, DOCUMENT.mustSupport)).toEqual([])
  })

  it('a study without a date breaks us-core-10, since no date is invented', () => {
    const { study } = sampleReport().result
    const undated = buildReport(sampleReport({ study: { ...study, studyDate: '' } })).resources.get('diagnosticReport')!
    expect(profileErrors(undated, REPORT).join()).toContain('us-core-10')
  })

  it('the encoded rules find breaches', () => {
    const category = [{ text: 'Radiology' }]
    expect(profileErrors({ ...report, category }, REPORT).join()).toContain('category-us-core')
    expect(profileErrors({ ...document, category }, DOCUMENT).join()).toContain('category-uscore')
    const content = [{ attachment: { contentType: 'application/pdf' } }]
    expect(profileErrors({ ...document, content }, DOCUMENT).join()).toContain('us-core-6')
  })
})
