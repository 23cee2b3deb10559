// Whatever a reviewer or a bundle says, the report says how it stands, once, and quotes them character for character.

import type { DiagnosticReport, Resource } from '@medplum/fhirtypes'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyEdits } from '../../../src/domain/corrections.ts'
import { readName } from '../../../src/domain/person-name.ts'
import type { Decision, Review } from '../../../src/domain/review.ts'
import { escaped } from '../../../src/fhir/resources/narrative.ts'
import { narrativeOf } from '../../../src/fhir/resources/report-narrative.ts'
import { reportSet } from '../../../src/fhir/resources/report-set.ts'
import { reviewedForm } from '../../../src/fhir/resources/reviewed-resources.ts'
import { contextOf } from '../../../src/fhir/writing/plan.ts'
import { conclusionOf } from '../../../src/wording/report-text.ts'
import { REPLACED_NOTICE } from '../../../src/wording/standing.ts'
import { ANALYSIS_SYSTEM, sampleReport } from '../../support/fhir-report.ts'

const report = sampleReport()
const UNREVIEWED = /not reviewed|preliminary/i

interface Texts {
  reason: string
  name: string
  correction: string
}
const MARKS: Texts = { reason: 'mark-reason', name: 'mark-name', correction: 'mark-correction' }

/** Every text of the report after the review: narratives, conclusion and page. */
function textsOf(decision: Decision, { reason, name, correction }: Texts): { html: string[]; plain: string[] } {
  const { region, value } = report.result.measurements[1]!
  const edits =
    decision === 'accept-with-edits'
      ? [{ target: `measurement.${region}`, from: value, to: 7.25, reason: correction }]
      : []
  const review: Review = {
    reviewId: 'r1',
    analysisId: report.result.analysisId,
    number: 1,
    at: '2026-03-02T10:11:12.000Z',
    decision,
    reviewer: { identifier: 'P-77', name },
    reason,
    edits,
  }
  const edited = { ...report, result: applyEdits(report.result, { edits }) }
  const set = reportSet(edited, ANALYSIS_SYSTEM)
  const context = {
    ...contextOf(edited, set, ANALYSIS_SYSTEM, 'Patient/1', new Map(), { review, writtenAt: review.at }),
    review,
  }
  const reviewed = [set.anchor, ...set.rest].filter(({ role }) => role !== 'provenance')
  const resources = reviewed.map((wanted): Resource => reviewedForm(wanted, context))
  const anchor = resources[0] as DiagnosticReport
  const page = anchor.presentedForm?.find(({ contentType }) => contentType === 'text/html')?.data ?? ''
  const narratives = resources.flatMap((resource) => ('text' in resource && resource.text ? [resource.text.div] : []))
  return { html: [...narratives, Buffer.from(page, 'base64').toString('utf8')], plain: [anchor.conclusion ?? ''] }
}

/** The texts of the marks, with what was typed in their place. */
function filled(text: string, typed: Texts, form: (text: string) => string): string {
  return (Object.keys(MARKS) as (keyof Texts)[]).reduce(
    (all, key) => all.split(MARKS[key]).join(form(typed[key])),
    text,
  )
}

const DECISIONS = ['accept', 'accept-with-edits', 'reject'] as const
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('$&', "$'", '$`', '$$', '$1', '$<a>', '&amp;', '</p>', '"', '..', '\\n', ', not reviewed'),
    ),
    { minLength: 1, maxLength: 6 },
  )
  // An empty reason is none, and has no place of its own.
  .map((parts) => parts.join('') || '$&')

describe('the texts of a reviewed report', () => {
  it.each(DECISIONS)('%s: say nowhere that nobody reviewed it', (decision) => {
    const { html, plain } = textsOf(decision, MARKS)
    expect(html.length).toBeGreaterThan(9)
    for (const text of [...html, ...plain]) {
      expect(text).not.toMatch(UNREVIEWED)
      expect(text).toContain(MARKS.name)
    }
  })

  it('quote "T1c$" as it was typed', () => {
    const { html, plain } = textsOf('reject', { ...MARKS, reason: 'label reads "T1c$", vessel' })
    expect(plain[0]).toContain(
      'Rejected by mark-name (P-77) on 2026-03-02 10:11 UTC: label reads "T1c$", vessel. Do not use.',
    )
    for (const text of html) expect(text).toContain('label reads &quot;T1c$&quot;, vessel. Do not use.')
    for (const text of [...html, ...plain]) expect(text).not.toMatch(UNREVIEWED)
  })

  it.each(DECISIONS)('%s: quote any text character for character, and change nothing else', (decision) => {
    const marked = textsOf(decision, MARKS)
    fc.assert(
      fc.property(hostile, hostile, hostile, (reason, name, correction) => {
        const typed = { reason, name, correction }
        const { html, plain } = textsOf(decision, typed)
        // A name is read as a DICOM PN, whose parts are trimmed; the rest stands as it was typed.
        const shown = { ...typed, name: readName(name) }
        expect(html).toEqual(marked.html.map((text) => filled(text, shown, escaped)))
        expect(plain).toEqual(marked.plain.map((text) => filled(text, shown, String)))
      }),
      { numRuns: 40 },
    )
  })
})

it('a replaced report says so once, first, and quotes any text character for character', () => {
  const textsOfReplaced = (stated: string) => {
    const { result } = report
    const named = { ...result, bundle: { ...result.bundle, intendedUse: stated } }
    return { html: narrativeOf({ result: named }, 'replaced'), plain: conclusionOf(named, 'replaced') }
  }
  const mark = 'mark-intended-use'
  const marked = textsOfReplaced(mark)
  for (const text of [marked.html, marked.plain]) {
    expect(text.split(REPLACED_NOTICE)).toHaveLength(2)
    expect(text).not.toMatch(UNREVIEWED)
  }
  expect(marked.html).toMatch(/^<div[^>]*><p><b>Withdrawn: /)
  expect(marked.plain.startsWith(REPLACED_NOTICE)).toBe(true)
  fc.assert(
    fc.property(hostile, (stated) => {
      expect(textsOfReplaced(stated)).toEqual({
        html: marked.html.split(mark).join(escaped(stated)),
        plain: marked.plain.split(mark).join(stated),
      })
    }),
    { numRuns: 40 },
  )
})
