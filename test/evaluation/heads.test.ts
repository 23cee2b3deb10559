import { rm } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseCsv } from '../../src/evaluation/csv.ts'
import { evaluateHeads } from '../../src/evaluation/evaluate-heads.ts'
import { formatHeadsTable } from '../../src/evaluation/heads-table.ts'
import { clinicalOf, labelsOf } from '../../src/evaluation/label-table.ts'
import { radiomicsReader } from '../../src/evaluation/radiomics-table.ts'
import { auc, bootstrap, brier, calibrationSlope, concordance } from '../../src/evaluation/statistics.ts'
import { loadBundle } from '../../src/inference/bundle/load.ts'
import type { LoadedBundle } from '../../src/inference/bundle/manifest.ts'
import golden from '../golden/evaluation/heads.json' with { type: 'json' }
import { headRunner, makeHeadsBundle, readGolden } from '../support/heads-bundle.ts'

describe('a table', () => {
  it('is read with quotes, commas in them, both line ends, a byte order mark, and line numbers', () => {
    const { columns, rows } = parseCsv('\uFEFFID,"a ""b""",c\r\n1,"x, y",\n\n2,"two\nlines",3\n', 't.csv')
    expect(columns).toEqual(['ID', 'a "b"', 'c'])
    expect(rows).toEqual([
      { line: 2, cells: { ID: '1', 'a "b"': 'x, y', c: '' } },
      { line: 4, cells: { ID: '2', 'a "b"': 'two\nlines', c: '3' } },
    ])
  })

  it.each([
    ['', 'no header'],
    ['ID,a,a\n1,2,3', 'the column "a" twice'],
    ['ID,a\n1,2\n3', 't.csv, line 3: 1 fields, but the header has 2'],
    ['ID,a\n1,"2', 'line 2: a quoted field does not end'],
  ])('%j is refused', (text, part) => {
    expect(() => parseCsv(text, 't.csv')).toThrowError(
      expect.objectContaining({ code: 'TABLE_INVALID', message: expect.stringContaining(part) }),
    )
  })
})

describe('features of a radiomics table', () => {
  it('are those of the training code', () => {
    const { columns, cells, features } = golden.radiomics
    const { read, unavailable } = radiomicsReader({ columns }, Object.keys(features), 't.csv')
    expect(unavailable).toEqual([])
    const got = read(cells, 't.csv, line 2')
    for (const [name, value] of Object.entries(features)) expect(got[name]! / value, name).toBeCloseTo(1, 12)
    expect(Object.keys(features).length).toBeGreaterThan(30)
  })

  it('name every column that is missing, and leave out what the format has not', () => {
    const columns = golden.radiomics.columns.filter((name) => !/Variance|Sphericity|BoundingBox/.test(name))
    const wanted = ['t1c_cov', 'shape_Sphericity', 'depth', 'enhancing_fraction']
    expect(() => radiomicsReader({ columns }, wanted, 'radiomics.csv')).toThrowError(
      'radiomics.csv lacks "original_firstorder_Variance", "original_shape_Sphericity"',
    )
    const { read, unavailable } = radiomicsReader({ columns }, ['depth', 'enhancing_fraction'], 'radiomics.csv')
    expect(unavailable).toEqual(['depth', 'enhancing_fraction'])
    expect(read(golden.radiomics.cells, '')).toEqual({ depth: Number.NaN, enhancing_fraction: Number.NaN })
  })

  it('may stand under their own name, and must be numbers', () => {
    const { read } = radiomicsReader({ columns: ['ID', 'enhancing_fraction'] }, ['enhancing_fraction'], 't.csv')
    expect(read({ enhancing_fraction: '0.25' }, 't.csv, line 2')).toEqual({ enhancing_fraction: 0.25 })
    expect(() => read({ enhancing_fraction: 'much' }, 't.csv, line 7')).toThrowError(
      't.csv, line 7: "enhancing_fraction" is not a number',
    )
  })
})

describe('labels of a metadata table', () => {
  const row = (cells: Record<string, string>) => labelsOf(cells, 'm.csv, line 2')
  it.each([
    [{ IDH: 'wildtype' }, { idh: 'IDH-wildtype' }],
    [{ IDH: 'IDH1 p.R132H' }, { idh: 'IDH-mutant' }],
    [{ IDH: 'IDH2 p.Arg172Trp' }, { idh: 'IDH-mutant' }],
    [{ IDH: 'mutated (NOS)' }, { idh: 'IDH-mutant' }],
    [{ IDH: 'not tested' }, {}],
    [{ '1p/19q': 'intact' }, { '1p19q': 'intact' }],
    [{ '1p/19q': 'relative co-deletion' }, { '1p19q': 'codeleted' }],
    [{ '1p/19q': 'Co-deletion' }, { '1p19q': 'codeleted' }],
    [{ 'MGMT status': 'positive' }, { mgmt: 'methylated' }],
    [{ 'MGMT status': 'indeterminate' }, {}],
    [{ 'WHO CNS Grade': '3' }, { grade: '3' }],
    [{ 'WHO CNS Grade': '1' }, {}],
    [{ OS: '735', '1-dead 0-alive': '0' }, { survival: { days: 735, died: false } }],
    [{ OS: '', '1-dead 0-alive': '1' }, {}],
    [{ OS: '20', '1-dead 0-alive': '' }, {}],
  ])('%j is %j', (cells, labels) => expect(row(cells)).toEqual(labels))

  it('gives clinical features, NaN where nothing is known', () => {
    const of = (cells: Record<string, string>) => Object.values(clinicalOf(cells, 'm.csv, line 2'))
    expect(of({ 'Age at MRI': '66', Sex: 'M', EOR: 'STR', KPS: '80' })).toEqual([66, 1, 0, 1, 80])
    expect(of({ 'Age at MRI': '66', Sex: 'F', EOR: 'biopsy' })).toEqual([66, 0, 0, 0, Number.NaN])
    expect(of({ EOR: 'unknown' })).toEqual(Array(5).fill(Number.NaN))
    expect(() => of({ 'Age at MRI': 'old' })).toThrowError('m.csv, line 2: "Age at MRI" is not a number')
  })
})

describe('the statistics', () => {
  const { scores, positive, times, died, probabilities, truth } = golden.statistics.input
  it('are those of numpy and scipy, by their definitions', () => {
    const want = golden.statistics.expected
    expect(auc(scores, positive)).toBeCloseTo(want.auc, 12)
    expect(calibrationSlope(scores, positive)).toBeCloseTo(want.slope, 6)
    expect(concordance(scores, times, died)).toBeCloseTo(want.concordance, 12)
    expect(brier(probabilities, truth)).toBeCloseTo(want.brier, 12)
  })

  it('have no value where there is nothing to compare', () => {
    expect(auc([0.1, 0.2], [true, true])).toBeNaN()
    expect(calibrationSlope([0.1, 0.2, 0.8, 0.9], [false, false, true, true])).toBeNaN()
    expect(concordance([1, 2], [5, 6], [false, false])).toBeNaN()
    const { value, ci95 } = bootstrap(0, () => Number.NaN)
    expect([value, ...ci95]).toEqual([Number.NaN, Number.NaN, Number.NaN])
  })

  it('have intervals that are the same each time and hold the truth of a known mean', () => {
    const values = Array.from({ length: 400 }, (_, n) => (n % 4 === 0 ? 1 : 0))
    const share = (rows: readonly number[]) => rows.reduce((sum, n) => sum + values[n]!, 0) / rows.length
    const first = bootstrap(values.length, share)
    expect(bootstrap(values.length, share)).toEqual(first)
    expect(first.value).toBe(0.25)
    // Normal approximation: 0.25 ± 1.96 sqrt(0.25 * 0.75 / 400) = 0.2076 to 0.2924.
    expect(first.ci95[0]).toBeCloseTo(0.2076, 1)
    expect(first.ci95[1]).toBeCloseTo(0.2924, 1)
  })
})

describe('an evaluation of heads', () => {
  let bundle: LoadedBundle
  beforeAll(async () => {
    const folder = await makeHeadsBundle()
    bundle = await loadBundle(folder)
    await rm(folder, { recursive: true })
  })
  const { cases } = readGolden()
  /** Variance and mean that give the wanted t1c_cov. */
  const radiomics = (rows: { id: string; cov: number | string; sphericity: number | string }[]) =>
    [
      'ID,original_shape_Sphericity,original_firstorder_Variance,original_firstorder_Mean',
      ...rows.map(({ id, cov, sphericity }) => `${id},${sphericity},${Number(cov) ** 2 * 1e4},100`),
    ].join('\n')
  const rowsOfCases = cases.map(({ features }, n) => ({
    id: `P${n}`,
    cov: features.t1c_cov ?? '',
    sphericity: features.shape_Sphericity ?? '',
  }))
  const header =
    'ID,Sex,Age at MRI,WHO CNS Grade,Final pathologic diagnosis (WHO 2021),MGMT status,1p/19q,IDH,1-dead 0-alive,OS,EOR'
  const metadata = [
    header,
    'P0,M,34,2,"Astrocytoma, IDH-mutant",positive,intact,IDH1 p.R132H,0,900,GTR',
    'P1,F,71,4,"Glioblastoma, IDH-wildtype",negative,,wildtype,1,200,STR',
    'P2,F,47,3,"Astrocytoma, IDH-mutant",positive,intact,wildtype,1,700,GTR',
    'P3,M,50,4,"Glioblastoma, IDH-wildtype",,,,1,400,GTR',
    'P4,M,52,4,"Glioblastoma, IDH-wildtype",,,wildtype,1,100,GTR',
    'P9,M,60,4,"Glioblastoma, IDH-wildtype",,,wildtype,1,100,GTR',
  ].join('\n')
  const run = (change: { features?: string; labels?: string } = {}) =>
    evaluateHeads({
      features: { text: change.features ?? radiomics(rowsOfCases), name: 'radiomics.csv' },
      labels: { text: change.labels ?? metadata, name: 'metadata.csv' },
      bundle,
      runner: headRunner,
    })

  it('counts everyone: joined, without a result, not evaluable, indeterminate, called, wrong', async () => {
    const report = await run()
    expect(report.tables).toMatchObject({ joined: 5, featuresOnly: 0, labelsOnly: 1, unavailable: [] })
    const idh = report.heads[0]!
    // P0 called mutant and right, P1 wildtype and right, P2 indeterminate, P3 without result, P4 outside the guard.
    expect(idh).toMatchObject({
      head: 'idh',
      patients: 5,
      withoutLabel: 1,
      notEvaluable: 1,
      answered: 3,
      prevalence: { 'IDH-wildtype': 2, 'IDH-mutant': 1 },
      indeterminate: 1,
      calls: 2,
      callErrors: { value: 0 },
      coverage: { value: 1 },
      auc: { 'IDH-mutant': { value: 1 } },
    })
    if (idh.status !== 'evaluated') throw new Error('idh is evaluated')
    expect(idh.notEvaluableReasons).toEqual({
      'Unlike the patients that the model was made from, most of all in roundness.': 1,
    })
    // The fixture states no calibration data, so nothing beyond 90 % is printed.
    const p = [0, 1, 2].map((n) => Math.min(0.9, Math.max(0.1, cases[n]!.idh.probabilities['IDH-mutant']!)))
    expect(idh.brier.value).toBeCloseTo(((1 - p[0]!) ** 2 + p[1]! ** 2 + p[2]! ** 2) / 3, 5)
    const survival = report.heads[4]!
    expect(survival).toMatchObject({ status: 'evaluated-survival', answered: 4, deaths: 3, subgroups: [] })
    // Died in the order P1, P3, P2, then P0 alive; risks 1.095, -0.29, -0.57, -1.53: every pair agrees.
    if (survival.status === 'evaluated-survival') expect(survival.concordance.value).toBe(1)
    expect(report.heads[1]).toMatchObject({ status: 'not_evaluable' })
  })

  it('prints a table with the counts and the reasons', async () => {
    const text = formatHeadsTable(await run())
    expect(text).toContain('5 patients in radiomics.csv and metadata.csv (0 without labels, 1 without features)')
    expect(text).toMatch(/^idh +3 +1\.000 \(/m)
    expect(text).toMatch(/1 without a result; 1 x Unlike the patients/)
    expect(text).toContain('mgmt: not evaluable: a test bundle has no mgmt head')
    expect(text).not.toContain('NaN')
  })

  it.each([
    [{ labels: metadata.replace('IDH,1-dead', 'IDH status,1-dead') }, 'metadata.csv lacks "IDH"'],
    [
      { labels: metadata.replace('Age at MRI', 'Age').replace(',OS,', ',Days,') },
      'metadata.csv lacks "Age at MRI", "OS"',
    ],
    [
      { features: 'ID,original_shape_Sphericity\nP0,0.5' },
      'radiomics.csv lacks "original_firstorder_Variance", "original_firstorder_Mean"',
    ],
    [{ labels: metadata.replace('P1,', 'P0,') }, 'metadata.csv, lines 2 and 3 have the same ID'],
    [{ labels: metadata.replace('ID,', 'Patient,') }, 'metadata.csv lacks "ID"'],
    [{ labels: `${header}\nX1,M,34,2,,,,,0,1,GTR` }, 'share no ID'],
    [{ labels: metadata.replace(',34,', ',young,') }, 'metadata.csv, line 2: "Age at MRI" is not a number'],
  ])('refuses bad tables: %#', async (change, part) => {
    await expect(run(change)).rejects.toMatchObject({ code: 'TABLE_INVALID', message: expect.stringContaining(part) })
  })
})
