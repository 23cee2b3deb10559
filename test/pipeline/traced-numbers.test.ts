// Where the numbers come from that a clinic reads: each one on the study page and in the report PDF must stand in a written object, under its id.

import { describe, expect, it } from 'vitest'
import { dataset } from '../../src/dicom/dataset.ts'
import type { AnalysisRecord } from '../../src/domain/analysis.ts'
import type { AnalysisResult, Prediction, ReportableResult } from '../../src/domain/finding.ts'
import { studyPage } from '../../src/web/study-page.ts'
import { comparedSentence } from '../../src/wording/comparison.ts'
import { remark } from '../../src/wording/remarks.ts'
import { inputOf } from '../dicom/report-input.ts'
import { classicSeries } from '../dicom/support.ts'
import { buildReport } from '../support/built-report.ts'
import { comparisonOf } from '../support/comparison.ts'
import { encodeStudy } from '../support/encoded-study.ts'
import { delivered, sampleResult } from '../support/sample-analyses.ts'
import {
  addReport,
  addResource,
  addSegmentation,
  createSources,
  numbersIn,
  type Printed,
  type Sources,
  type Statement,
  statementsOfPage,
  statementsOfPdf,
} from '../support/traced-numbers.ts'

const edit = (ds: object) => ({ ...ds, ...dataset({ StudyDate: '20260301', StudyTime: '031205' }) })
const [reference, other] = [
  await classicSeries({ seriesKey: 'a', edit }),
  await classicSeries({ seriesKey: 'b', edit }),
]
const input = inputOf(reference, other)

const CURVE = {
  months: [3, 7, 11, 16, 22, 31, 70],
  survival: [0.98, 0.87, 0.73, 0.57, 0.39, 0.27, 0.13],
  lower: [0.93, 0.82, 0.66, 0.5, 0.33, 0.18, 0.05],
  upper: [0.99, 0.93, 0.81, 0.66, 0.49, 0.33, 0.19],
}

/** No two numbers are alike that could be taken for each other; contributions have the decimals that are printed, so that sums of them are exact. */
const PREDICTIONS: Prediction[] = sampleResult.predictions.map((one): Prediction => {
  if (one.status === 'not-evaluable') return one
  if (one.survival)
    return { ...one, survival: { ...one.survival, group: { ...one.survival.group, kaplanMeier: CURVE } } }
  if (one.head !== 'idh') return { ...one, leastCall: 0.77 }
  return {
    ...one,
    leastCall: 0.83,
    errorBudget: { n: 190, wrong: 14 },
    bounds: {
      patients: { 'IDH-wildtype': 318, 'IDH-mutant': 121 },
      most: { 'IDH-wildtype': 0.987, 'IDH-mutant': 0.974 },
    },
    explanation: [
      { feature: 'age_years', value: 65.99, contribution: 0.85 },
      { feature: 't1c_cov', value: 0.3312, contribution: 0.51 },
      { feature: 'shape_Sphericity', value: 0.412, contribution: -0.32 },
      { feature: 'height', value: 0.61, contribution: 0.27 },
      { feature: 'shape_MeshVolume', value: 122_600, contribution: 0.16 },
      { feature: 't1c_kurtosis', value: 3.27, contribution: -0.15 },
      { feature: 'shape_MajorAxisLength', value: 71.34, contribution: 0.14 },
      { feature: 'necrosis_fraction', value: 0.231, contribution: 0.12 },
      { feature: 'glcm_Correlation', value: 0.617, contribution: 0.07 },
    ],
  }
})

function wholeResult(): ReportableResult {
  const { result } = input
  const alone: ReportableResult = {
    ...result,
    analysisId: '0198f3a2c4d64f1b8a7e5d3c2b1a0f9e',
    analysedAt: '2026-03-01T03:19:44.000Z',
    patient: { ...result.patient, patientName: 'Żółć^Łucja', patientBirthDate: '19600229', patientSex: 'F' },
    study: {
      ...result.study,
      studyDate: '20260301',
      studyTime: '031205',
      accessionNumber: 'A-77',
      studyDescription: 'MR head',
    },
    inputs: result.inputs.map((one, n) => ({
      ...one,
      registration: { ...one.registration, translationMm: 2.37 * n, rotationDegrees: 1.42 * n },
    })),
    decisions: result.inputs.map(({ seriesInstanceUid, sequence }, n) => ({
      seriesInstanceUid,
      sequence,
      seriesNumber: String(17 + 6 * n),
      seriesDescription: 'axial',
      modality: 'MR',
      selected: true,
      reasons: ['TR 2300 ms, TE 2.9 ms: fits'],
    })),
    measurements: result.measurements.map((one, n) => ({ ...one, standardDeviation: 0.113 + 0.217 * n })),
    predictions: PREDICTIONS,
    position: { side: 'left', part: 'middle', crossesMidline: true },
    grid: input.grid,
    lesions: [
      { millilitres: 4.37, centre: [1, 2, 3] },
      { millilitres: 0.61, centre: [4, 2, 3] },
    ],
    tissueResults: [
      { head: '1p19q', test: '1p/19q FISH', value: 'intact', date: '2024-11-19', reference: 'Observation/t1' },
    ],
    treatment: {
      radiotherapy: [
        { words: 'Radiotherapy 59.4 Gy', from: '2025-07-02', to: '2025-08-14', reference: 'Procedure/12' },
      ],
      steroids: [
        { words: 'Dexamethasone', from: '2025-12-09', isOngoing: true, dailyMg: 6.5, reference: 'MedicationRequest/4' },
      ],
      bevacizumab: [],
    },
  }
  const base = comparisonOf(alone)
  const point = (studyInstanceUid: string, studyDate: string, share: number) => ({
    studyInstanceUid,
    studyDate,
    volumes: alone.measurements.map(({ region, value }) => ({
      region,
      value: share * value,
      standardDeviation: 0.1 * value,
    })),
  })
  const course = [point('2.25.771', '20251017', 0.63), point(base.prior.studyInstanceUid, base.prior.studyDate, 0.8)]
  const comparison = { ...base, course }
  return {
    ...alone,
    comparison,
    quality: [
      {
        severity: 'warning',
        code: 'thick-slices',
        ...remark('thick-slices', { sequence: 'FLAIR', mm: 5.52 }),
      },
      {
        severity: 'info',
        code: 'similar-patients',
        ...remark('similar-patients', { head: 'idh', of: 417, cosines: [0.937, 0.914] }),
      },
      { severity: 'info', code: 'prior-compared', text: comparedSentence(comparison) },
    ],
  }
}

const result = wholeResult()

/** What stands in no written object, and why that is right. Everything else that has no source is a fault of the product. */
const OF_NO_OBJECT: { within?: RegExp; text: RegExp; why: string }[] = [
  { text: /^\s*Page \d+ of \d+(?= · Patient ID )/, why: 'page numbers' },
  {
    within: /plot$|^Figure$/,
    text: /^(\s*(\d+ ?%?|\d\.\d+|5 cm|[RLAPSI]))+(?=\s|$)/,
    why: 'ticks of an axis, and the scale bar of a picture',
  },
  {
    within: /^(progress|delivery|history|status)$/,
    text: /^.*$/s,
    why: 'when and how often the service worked; the audit log has it',
  },
  { within: /^provenance$/, text: /^cpu, .* at its peak$/, why: 'the run, not the patient' },
  { within: /^decisions$/, text: /TR 2300 ms, TE 2\.9 ms/, why: 'quotes the headers of the images themselves' },
  {
    text: /([Aa]xial [SI]|[Cc]oronal [AP]|[Ss]agittal [LR]) \d+\.\d mm/,
    why: 'where a picture lies: ImagePositionPatient of the image that it shows',
  },
  { text: /RANO 2\.0/, why: 'the name of a rule' },
  { within: /^decide$/, text: /Lesion \d+$/, why: 'the number of a row' },
]

/** Computed from numbers that are written: each as a page would print it, with what it is computed from. */
function addComputed(sources: Sources): void {
  const add = (from: string, statement: string) => {
    for (const printed of numbersIn(statement)) sources.add('coded', `computed from ${from}`, printed)
  }
  add('PatientBirthDate and StudyDate in the SEG', '(66 y)')
  for (const { head, ...prediction } of result.predictions) {
    if (prediction.status === 'not-evaluable') continue
    const { explanation } = prediction
    for (let n = 1; n < explanation.length; n++) {
      const rest = explanation.slice(-n).reduce((sum, { contribution }) => sum + contribution, 0)
      add(
        `the last ${n} contributions in the note on ${head}`,
        `${n} more together, ${rest < 0 ? '−' : '+'}${Math.abs(rest).toFixed(2)}`,
      )
    }
  }
}

async function writtenObjects(of: ReportableResult) {
  const picture = Float32Array.from(input.labels.data, (label, n) => 40 * label + (n % 97))
  const images = (['T1c', 'FLAIR'] as const).map((sequence) => ({
    sequence,
    image: { grid: input.grid, data: picture },
  }))
  const whole: AnalysisResult = { ...of, segmentation: input.labels }
  const publicUrl = 'https://glioma.hospital.example'
  const artifacts = await encodeStudy({ reference, other }, whole, { images, publicUrl })
  const bytesOf = (role: string) => artifacts.find((one) => one.role === role)!.bytes
  return { pdf: bytesOf('pdf'), segmentation: bytesOf('segmentation'), report: bytesOf('report') }
}

async function pageOf(of: ReportableResult): Promise<Statement[]> {
  const { analysisId, study, bundle } = of
  const record: AnalysisRecord = {
    ...delivered,
    analysisId,
    studyInstanceUid: study.studyInstanceUid,
    bundleDigest: bundle.digest,
    summary: of,
  }
  const roles = new Set(['pdf', 'segmentation'] as const)
  return statementsOfPage(String(await studyPage({ record, events: [], roles, siblings: [record], version: '1' })))
}

const objects = await writtenObjects(result)
const sources = createSources()
addSegmentation(sources, objects.segmentation)
addReport(sources, objects.report)
const { resources } = buildReport({ result, pdf: objects.pdf, dicomResults: [] })
for (const [role, resource] of resources) addResource(sources, resource, role)
addComputed(sources)

const excused = ({ text, within }: Statement) =>
  OF_NO_OBJECT.filter((one) => one.text.test(text) && (one.within?.test(within) ?? true))

const remaining = (statement: Statement) =>
  excused(statement).reduce((text, one) => text.replace(new RegExp(one.text, 'gs'), ' '), statement.text)

/** "46 % in «Oligodendroglioma 46 %»" for each number that nothing states. */
const untraced = (statements: Statement[]) =>
  statements.flatMap((statement) =>
    numbersIn(remaining(statement)).flatMap((printed) =>
      sources.of(printed).length > 0
        ? []
        : [`${printed.number} ${printed.unit} in ${statement.within} «${statement.text.trim()}»`],
    ),
  )

const page = await pageOf(result)
const pdf = await statementsOfPdf(objects.pdf)

describe('every number that a clinic reads', () => {
  it('stands in a SEG, an SR or a FHIR resource: on the study page', () => {
    expect(page.flatMap(({ text }) => numbersIn(text)).length).toBeGreaterThan(200)
    expect(untraced(page)).toEqual([])
  })

  it('stands in a SEG, an SR or a FHIR resource: in the report PDF', () => {
    expect(pdf.flatMap(({ text }) => numbersIn(text)).length).toBeGreaterThan(150)
    expect(untraced(pdf)).toEqual([])
  })

  it('is excused by no rule that excuses nothing', () => {
    const used = new Set([...page, ...pdf].flatMap(excused))
    expect(OF_NO_OBJECT.filter((one) => !used.has(one))).toEqual([])
  })

  it('is coded in SR and FHIR where it was measured or predicted, and its segment has the voxels', () => {
    const measured = page.filter(({ within }) => within === 'volumes').flatMap(({ text }) => numbersIn(text))
    expect(measured.length).toBeGreaterThan(10)
    const chances = PREDICTIONS.flatMap((one) =>
      one.status === 'not-evaluable'
        ? []
        : [...Object.values(one.probabilities), ...Object.values(one.intervals).flat()],
    ).flatMap((share) => numbersIn(`${Math.round(100 * share)} %`))
    for (const printed of [...measured, ...chances]) {
      const ids = sources.of(printed, 'coded').join('\n')
      expect(ids, printed.number).toMatch(/SR [\d.]+ tracking [\d.]+ NUM/)
      expect(ids, printed.number).toMatch(/(Observation observation|RiskAssessment riskAssessment)/)
    }
    for (const { key } of result.segments) {
      const { value } = result.measurements.find(({ region }) => region === key)!
      const [printed] = numbersIn(`${value.toFixed(value < 1 ? 2 : 1)} mL`) as [Printed]
      expect(sources.of(printed, 'coded').join('\n'), key).toMatch(/SEG [\d.]+ segment \d/)
    }
  })

  it('is found out where a page shows another number than was written', async () => {
    const missed: string[] = []
    let shown = 0
    const shownOf = (statements: Statement[]) => statements.map(remaining).join('\n')
    const before = shownOf(page)
    for (const path of numericPaths(result)) {
      let isShown = false
      let isTraced = true
      // Another number may happen to be one that stands elsewhere, but not each of several.
      for (const factor of [1.37, 0.71, 1.183, 7.3, 0.877]) {
        const statements = await pageOf(scaled(result, path, factor))
        if (shownOf(statements) === before) continue
        isShown = true
        isTraced = untraced(statements).length === 0
        if (!isTraced) break
      }
      if (isShown) shown++
      if (isShown && isTraced) missed.push(path.join('.'))
    }
    expect(shown).toBeGreaterThan(60)
    expect(missed).toEqual([])
    const [first, ...rest] = result.measurements
    const wrong = await writtenObjects({
      ...result,
      measurements: [{ ...first!, value: 1.37 * first!.value }, ...rest],
    })
    expect(untraced(await statementsOfPdf(wrong.pdf)).length).toBeGreaterThan(2)
  })
})

/** Of all numbers in the result, except those of the run, and labels, which are names. */
function numericPaths(value: unknown, path: string[] = []): string[][] {
  if (typeof value === 'number') return path.at(-1) === 'label' ? [] : [path]
  if (typeof value !== 'object' || value === null || path[0] === 'execution' || path.at(-1) === 'labels') return []
  return Object.entries(value).flatMap(([key, child]) => numericPaths(child, [...path, key]))
}

function scaled<T>(value: T, [key, ...rest]: string[], factor: number): T {
  if (key === undefined)
    return (Number.isInteger(value) ? Math.round(Number(value) * factor) : Number(value) * factor) as T
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>
  copy[key] = scaled(copy[key], rest, factor)
  return copy as T
}
