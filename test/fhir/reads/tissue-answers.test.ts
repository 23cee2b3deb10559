// Tissue results as classes: only by the values that a site names, only released ones, none of software.
import type { DiagnosticReport, Observation } from '@medplum/fhirtypes'
import { describe, expect, it } from 'vitest'
import { NO_READS, readTissueAnswers } from '../../../src/fhir/reads/clinical-reads.ts'
import { conclusionTokens, type TissueValues, tissueAnswersOf } from '../../../src/fhir/reads/tissue-answers.ts'

const LOINC = 'http://loinc.org'
const codes = { idh: [], '1p19q': [], mgmt: [], grade: ['urn:lab|GRADE'] }
const values: TissueValues = {
  idh: { 'IDH-mutant': [`${LOINC}|LA9633-4`, 'urn:dx|ASTRO-MUT'], 'IDH-wildtype': [`${LOINC}|LA9634-2`, 'urn:dx|GBM'] },
  '1p19q': {},
  mgmt: {},
  grade: { '2': ['WHO grade 2'], '3': [], '4': ['WHO grade 4', 'urn:dx|GBM'] },
}
const idh: Observation = {
  resourceType: 'Observation',
  id: '12',
  status: 'final',
  code: { coding: [{ system: LOINC, code: '100022-3' }] },
  subject: { reference: 'Patient/1' },
  effectiveDateTime: '2026-03-09T08:00:00Z',
  valueCodeableConcept: { coding: [{ system: LOINC, code: 'LA9633-4', display: 'Present' }] },
}
const grade: Observation = {
  resourceType: 'Observation',
  id: '13',
  status: 'amended',
  code: { coding: [{ system: 'urn:lab', code: 'GRADE' }] },
  subject: { reference: 'Patient/1' },
  effectiveDateTime: '2026-04-01',
  valueString: ' WHO  grade 2 ',
}
const pathology: DiagnosticReport = {
  resourceType: 'DiagnosticReport',
  id: '7',
  status: 'final',
  code: { text: 'Integrated diagnosis' },
  subject: { reference: 'Patient/1' },
  issued: '2026-05-02T10:00:00Z',
  conclusionCode: [{ coding: [{ system: 'urn:dx', code: 'GBM' }] }],
}
const answers = (observations: Observation[], reports: DiagnosticReport[] = []) =>
  tissueAnswersOf({ observations, reports }, codes, values)

describe('tissueAnswersOf', () => {
  it('names the class of a coded value, of a value in words, and of every head that a diagnosis decides; newest first', () => {
    expect(answers([idh, grade], [pathology])).toEqual([
      { head: 'idh', answer: 'IDH-wildtype', date: '2026-05-02', reference: 'DiagnosticReport/7' },
      { head: 'grade', answer: '4', date: '2026-05-02', reference: 'DiagnosticReport/7' },
      { head: 'grade', answer: '2', date: '2026-04-01', reference: 'Observation/13' },
      { head: 'idh', answer: 'IDH-mutant', date: '2026-03-09', reference: 'Observation/12' },
    ])
  })

  it.each([
    ['is not released', [{ ...idh, status: 'preliminary' as const }], []],
    [
      'software asserted',
      [{ ...idh, meta: { security: [{ code: 'AIAST' }] } }],
      [{ ...pathology, meta: { security: [{ code: 'AIAST' }] } }],
    ],
    [
      'no class names',
      [
        { ...idh, valueCodeableConcept: { text: 'Equivocal' } },
        { ...grade, valueString: 'grade 2' },
      ],
      [],
    ],
    ['is a code that is about nothing known', [{ ...idh, code: { text: 'Sodium' } }], []],
  ])('takes nothing that %s', (_, observations, reports) => {
    expect(answers(observations, reports)).toEqual([])
  })
})

describe('readTissueAnswers', () => {
  const asked: [string, Record<string, string> | undefined][] = []
  const store = {
    async search(type: string, _param: string, _tokens: readonly string[], more?: Record<string, string>) {
      asked.push([type, more])
      const stranger = { ...idh, id: '99', subject: { reference: 'Patient/2' } }
      return type === 'Observation' ? [idh, stranger] : [pathology]
    },
  }
  const read = (tissueValues: TissueValues) =>
    readTissueAnswers(store as never, { ...NO_READS, tissueCodes: codes, tissueValues }, 'Patient/1')

  it('asks for observations by their codes and reports by their conclusions, and takes nothing of a stranger', async () => {
    expect((await read(values)).map(({ reference }) => reference)).toEqual([
      'DiagnosticReport/7',
      'DiagnosticReport/7',
      'Observation/12',
    ])
    expect(asked.map(([type]) => type)).toEqual(['Observation', 'DiagnosticReport'])
    expect(asked[1]![1]!.conclusion!.split(',').sort()).toEqual([...conclusionTokens(values)].sort())
    expect(conclusionTokens(values)).not.toContain('WHO grade 2')
  })

  it('asks nothing where the site names no values', async () => {
    asked.length = 0
    expect(await read(NO_READS.tissueValues)).toEqual([])
    expect(asked).toEqual([])
  })
})
