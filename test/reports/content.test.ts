import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Prediction, ReportableResult } from '../../src/domain/finding.ts'
import { boardContent } from '../../src/reports/board-content.ts'
import { shownBars } from '../../src/reports/chart-content.ts'
import { writeContent as contentIn } from '../../src/reports/content.ts'
import { diameterPair } from '../../src/wording/quantities.ts'
import { WORDS } from '../../src/wording/report-words.ts'
import { COARSE, syntheticCase } from '../support/result.ts'

const { result } = syntheticCase(COARSE)
const writeContent = (of: ReportableResult) => contentIn(of, WORDS.en)

describe('report content', () => {
  it('says first what was found, with the volumes', () => {
    const volume = (region: string) => result.measurements.find((m) => m.region === region)!.value.toFixed(1)
    expect(writeContent(result).summary).toBe(
      `A lesion was segmented: whole tumour ${volume('WT')} mL, tumour core ${volume('TC')} mL, enhancing tumour ${volume('ET')} mL.`,
    )
    expect(Number(volume('WT'))).toBeGreaterThan(50)
  })

  it('gives the diameters of the lesions in one line, and none where none was measured', () => {
    const [lesion] = result.diameters!
    expect(writeContent(result).diameters).toBe(
      `Enhancing, axial diameters (RANO): ${diameterPair(lesion!.longestMm, lesion!.perpendicularMm)}.`,
    )
    const small = { ...lesion!, longestMm: 12.4, perpendicularMm: 7.6, measurable: false }
    expect(writeContent({ ...result, diameters: [lesion!, small] }).diameters).toMatch(
      /; 12\.4 × 7\.6 mm \(too small to follow\)\.$/,
    )
    expect(writeContent({ ...result, diameters: [] }).diameters).toBe('')
  })

  it('says that no finding does not exclude a tumour', () => {
    expect(writeContent({ ...result, noFinding: true }).summary).toMatch(/^No tumour was segmented.*does not exclude/)
  })

  it('writes on the page for tumour boards the very name of a class, whatever it is, and how likely it is', () => {
    const said = (head: 'grade' | 'mgmt', call: string) => {
      const prediction: Prediction = {
        head,
        status: 'evaluable',
        call,
        probabilities: { [call]: 0.93 },
        intervals: {},
        explanation: [],
      }
      return boardContent({ ...result, predictions: [prediction] }, WORDS.en).calls[0]!.text
    }
    expect(said('grade', '4')).toBe('grade 4 (very likely)')
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }).filter((text) => text !== '__proto__'),
      fc.constantFrom('$&', "$'", '$`', '$$', 'likely', 'uncertain', '(very likely)'),
    )
    fc.assert(
      fc.property(hostile, (call) => {
        expect(said('mgmt', call)).toBe(`${call} (very likely)`)
      }),
    )
  })

  it('lists all five heads in order, also those that the bundle does not name', () => {
    const rows = writeContent({ ...result, predictions: result.predictions.slice(0, 2) }).predictions
    expect(rows.map((row) => row.name)).toEqual(['IDH', '1p/19q', 'MGMT promoter', 'WHO grade', 'Survival'])
    expect(rows[4]).toMatchObject({ result: 'not evaluable', reason: 'the bundle gives no result for this head' })
  })

  it('puts a tissue test in the place of the call, also of a head that is not evaluable, and keeps what the images say', () => {
    const tissue = (head: 'idh' | '1p19q', value: string, date: string) =>
      ({ head, test: 'Test', value, date, reference: 'Observation/1' }) as const
    const tissueResults = [
      tissue('idh', 'wildtype', '2023-01-02'),
      tissue('idh', 'p.R132H', '2024-11-02'),
      tissue('1p19q', 'codeleted', '2024-11-02'),
    ]
    const [idh, codeletion, mgmt] = writeContent({ ...result, tissueResults }).predictions
    expect(idh).toMatchObject({ result: 'tissue: p.R132H', detail: 'images: IDH-wildtype', isTissue: true })
    expect(idh!.lines).toEqual(writeContent(result).predictions[0]!.lines)
    expect(codeletion).toMatchObject({ result: 'tissue: codeleted', detail: 'images: not evaluable' })
    expect(mgmt).toEqual(writeContent(result).predictions[2])
  })

  it('gives every prediction with its uncertainty', () => {
    const [idh, codeletion, mgmt, grade, survival] = writeContent(result).predictions
    expect(idh).toMatchObject({
      result: 'IDH-wildtype',
      lines: [{ label: 'very likely', text: '91 % (84–96)' }],
    })
    expect(codeletion).toMatchObject({
      result: 'not evaluable',
      reason: 'Only evaluated for IDH-mutant tumours.',
      lines: [],
    })
    expect(mgmt).toMatchObject({ result: 'indeterminate', lines: [{ label: 'methylated', text: '56 % (38–72)' }] })
    expect(grade!.result).toBe('grade 4')
    expect(grade!.lines.map((line) => line.label)).toEqual(['likely', 'grade 3', 'grade 2'])
    expect(survival!.lines.map((line) => `${line.label} ${line.text}`)).toEqual([
      '6 months 88 % (80–94)',
      '12 months 61 % (50–72)',
      '24 months 24 % (15–35)',
    ])
  })

  it('never makes a call of an indeterminate head', () => {
    const prediction: Prediction = {
      head: 'idh',
      status: 'indeterminate',
      probabilities: { 'IDH-mutant': 0.52, 'IDH-wildtype': 0.48 },
      intervals: {},
      explanation: [],
    }
    const row = writeContent({ ...result, predictions: [prediction] }).predictions[0]!
    expect(row.result).toBe('indeterminate')
    expect(row.lines[0]).toEqual({ label: 'IDH-mutant', text: '52 %', probability: 0.52 })
  })

  it('orders contributions by strength, keeps their sign, and sums what is left out', () => {
    const [idh, mgmt, grade, survival] = writeContent(result).charts
    expect(idh!.title).toBe('IDH: IDH-wildtype')
    expect(shownBars(idh!, 4, WORDS.en)).toEqual([
      { label: 'age 64 y', contribution: 0.84 },
      { label: 'T1c unevenness', contribution: 0.51 },
      { label: 'roundness', contribution: -0.32 },
      { label: '4 more together', contribution: expect.closeTo(0.38, 9) },
    ])
    expect(shownBars(idh!, 7, WORDS.en)).toHaveLength(7)
    expect(shownBars(idh!, 1, WORDS.en)).toEqual([{ label: 'age 64 y', contribution: 0.84 }])
    expect([mgmt!.title, grade!.title, survival!.title]).toEqual([
      'MGMT promoter',
      'WHO grade: grade 4',
      'Risk of death',
    ])
    expect(survival!.bars.map(({ label }) => label)).toEqual(['age 64 y', 'total resection', 'roundness'])
  })

  it('shows the curve of the risk group with the prediction beside it, in words too', () => {
    const { curve, predictions } = writeContent(result)
    expect(predictions[4]!.detail).toBe('risk group: high')
    expect(curve!.points.map(({ month, probability }) => [month, probability])).toEqual([
      [6, 0.88],
      [12, 0.61],
      [24, 0.24],
    ])
    expect(curve!.groupLegend).toBe('high: 134 patients, 101 deaths')
    // Steps: the value at 12 months is that of month 11, at 24 that of month 21.
    expect(curve!.alternative).toBe(
      'Kaplan-Meier curve of the 134 patients of the high-risk group in the training data: alive 90 % after 6 months, 68 % after 12 months, 33 % after 24 months. Predicted for this patient: alive 88 % (80–94) after 6 months, 61 % (50–72) after 12 months, 24 % (15–35) after 24 months.',
    )
    const without = result.predictions.filter(({ head }) => head !== 'survival')
    expect(writeContent({ ...result, predictions: without }).curve).toBeUndefined()
  })

  it('says which of several classes cannot be told apart', () => {
    const grade = (remaining: string[]): Prediction => ({
      head: 'grade',
      status: 'indeterminate',
      probabilities: { '2': 0.1, '3': 0.4, '4': 0.5 },
      intervals: {},
      remaining,
      explanation: [],
    })
    const detail = (remaining: string[]) =>
      writeContent({ ...result, predictions: [grade(remaining)] }).predictions[3]!.detail
    expect(detail(['3', '4'])).toBe('grade 3 or grade 4')
    expect(detail([])).toBe('no class likely enough')
    expect(writeContent(result).predictions[2]).toMatchObject({ result: 'indeterminate', detail: '' })
  })

  it('says how likely a call is and what the data can show, and why there is none', () => {
    const idh = result.predictions[0]!
    if (idh.status === 'not-evaluable') throw new Error('idh answers')
    const rowOf = (change: object) => writeContent({ ...result, predictions: [{ ...idh, ...change }] }).predictions[0]!
    const called = {
      status: 'evaluable',
      call: 'IDH-mutant',
      probabilities: { 'IDH-mutant': 0.85, 'IDH-wildtype': 0.15 },
    }
    const bounds = {
      patients: { 'IDH-mutant': 84, 'IDH-wildtype': 317 },
      most: { 'IDH-mutant': 0.96, 'IDH-wildtype': 0.99 },
    }
    expect(rowOf({ ...called, bounds })).toMatchObject({
      result: 'IDH-mutant',
      lines: [{ label: 'likely', probability: 0.85 }],
      reason: 'Data from 84 patients (IDH-mutant) can show no more than 96 %.',
    })
    expect(rowOf({ ...called, bounds, errorBudget: { n: 52, wrong: 3 } }).reason).toMatch(
      /^Of 100 patients like this one/,
    )
    const open = { ...called, status: 'indeterminate', call: undefined, remaining: ['IDH-mutant', 'IDH-wildtype'] }
    expect(rowOf({ ...open, reason: 'The outline decides.' })).toMatchObject({
      result: 'indeterminate',
      detail: '',
      reason: 'The outline decides.',
    })
  })

  it('puts warnings before notes', () => {
    expect(writeContent(result).quality.map((note) => note.warning)).toEqual([true, false])
  })

  it('says "not stated" where the archive states nothing', () => {
    const patient = { patientId: '', issuerOfPatientId: '', patientName: '^^', patientBirthDate: '', patientSex: '' }
    const content = writeContent({ ...result, patient })
    expect(content.patientNames).toEqual(['not stated'])
    expect(content.patientFields.map((field) => field.value)).toEqual(['not stated', 'not stated', 'not stated'])
  })

  it('colours only rows that one outline measures', () => {
    const colours = Object.fromEntries(writeContent(result).volumes.map((row) => [row.region, row.colour]))
    expect(colours).toEqual({ WT: undefined, TC: undefined, ET: '#e4572e', NCR: '#f3a712', ED: '#2e86ab' })
  })

  it('always carries the statement, whatever the bundle says of itself', () => {
    const statement = writeContent({
      ...result,
      bundle: { ...result.bundle, intendedUse: 'Approved for all uses.' },
    }).statement
    expect(statement.join(' ')).toMatch(/Made by software \(AI\).*no clinician has reviewed it yet.*not a tissue test/)
    expect(statement.at(-1)).toBe('Intended use stated by the bundle: Approved for all uses.')
  })
})
