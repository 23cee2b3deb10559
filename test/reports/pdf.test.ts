import { extractText, getDocumentProxy } from 'unpdf'
import { describe, expect, it } from 'vitest'
import type { ReportableResult } from '../../src/domain/finding.ts'
import { SEQUENCES } from '../../src/domain/study.ts'
import { comparisonOf } from '../support/comparison.ts'
import { renderReportPdf } from '../support/letterhead.ts'
import { type Piece, readPage } from '../support/read-page.ts'
import { COARSE, SAGITTAL, type SyntheticCase, syntheticCase } from '../support/result.ts'

const base = syntheticCase(COARSE)
const JAPANESE = { ...base.result.patient, patientName: 'Yamada^Tarou=山田^太郎=やまだ^たろう' }
/** Rendering is most of the time of these tests, so the plain report is made once. */
let plain: Promise<Uint8Array> | undefined
const renderPlain = () => {
  plain ??= renderReportPdf({ ...base, institution: 'Universitätsklinikum Musterstadt' })
  return plain
}
/** Text alone: no pictures to sample. */
const textOnly: SyntheticCase = {
  result: base.result,
  segmentation: { grid: { ...base.segmentation.grid, size: [2, 2, 2] }, data: new Uint8Array(8) },
  images: [],
}

/** Of all pages, without spaces: lines break anywhere. */
async function allText(bytes: Uint8Array): Promise<string> {
  const { text } = await extractText(await getDocumentProxy(bytes.slice()), { mergePages: false })
  return text.map((page) => page.replace(/\s+/g, '').replace(/Page\d+of\d+·PatientID\S*$/, '')).join('')
}

const render = (change: Partial<ReportableResult> = {}, input: SyntheticCase = base, institution?: string) =>
  renderReportPdf({
    ...input,
    result: { ...input.result, ...change },
    ...(institution === undefined ? {} : { institution }),
  })

/** Everything inside the margins, nothing under 7 pt, and no two pieces over one another. */
function expectTidy(pieces: Piece[]) {
  for (const piece of pieces) {
    expect(piece.x).toBeGreaterThanOrEqual(33.9)
    expect(piece.x + piece.width).toBeLessThanOrEqual(595.28 - 33.5)
    expect(piece.y).toBeGreaterThan(30)
    expect(piece.y).toBeLessThan(841.89 - 20)
    expect(piece.size).toBeGreaterThanOrEqual(7)
  }
  const overlaps = pieces.flatMap((a, n) =>
    pieces.slice(n + 1).flatMap((b) => {
      const apart = Math.abs(a.y - b.y) >= 0.8 * Math.min(a.size, b.size)
      const beside = a.x + a.width <= b.x + 0.5 || b.x + b.width <= a.x + 0.5
      return apart || beside ? [] : [`${a.text} / ${b.text}`]
    }),
  )
  expect(overlaps).toEqual([])
}

describe('beside an earlier study', () => {
  it('has then, now and change of each volume, and the category, all within the page', async () => {
    const comparison = comparisonOf(base.result)
    const { pages, pieces, text } = await readPage(await render({ comparison }, textOnly))
    expect(pages).toBe(3)
    expectTidy(pieces)
    for (const { earlier, now, change, standardDeviation } of comparison.volumes) {
      const known = standardDeviation === undefined ? '?' : standardDeviation.toFixed(1)
      expect(text).toContain(`${earlier.toFixed(1)} ${now.toFixed(1)} +${change.toFixed(1)} ± ${known}`)
    }
    expect(text).toContain('Since 2026-01-02 (58 d): PD, enhancing tumour progressed by size.')
  })

  it('says what disappeared and that no finding excludes nothing, both whole', async () => {
    const response = { category: 'CR' as const, productThen: 400, productNow: 0, percent: -100, reasons: [] }
    const comparison = comparisonOf(base.result, { response })
    const { pages, pieces, text } = await readPage(await render({ comparison, noFinding: true }, textOnly))
    expect(pages).toBe(3)
    expectTidy(pieces)
    expect(text).toMatch(
      /This does not exclude a tumour: .* are missed\. Since 2026-01-02 \(58 d\): CR, enhancing tumour disappeared/,
    )
  })
})

it('says on each page whose it is, however long the name', async () => {
  const patient = { ...base.result.patient, patientName: `${'Langenberg-Sandholm'.repeat(8)}^Åse` }
  const comparison = comparisonOf(base.result)
  for (const change of [{ comparison }, { comparison, patient }]) {
    const bytes = await render(change, textOnly)
    for (const page of [1, 2, 3]) {
      const { pieces, text } = await readPage(bytes, page)
      expect(text).toContain(`Page ${page} of ${'patient' in change ? '4' : '3'} · Patient ID GB-20417 (KIS) · `)
      expectTidy(pieces)
    }
  }
})

describe('the worksheet of a follow-up', () => {
  it('is an appendix, whole, with limits and what of the record it rests upon', async () => {
    const words = `Bestrahlung des Gehirns, ${'60 Gy in 30 Fraktionen, '.repeat(20)}`.trim()
    const radiotherapy = [{ words, from: '2025-12-01', to: '2026-01-10', reference: 'Procedure/7' }]
    const comparison = comparisonOf(base.result)
    const bytes = await render({ comparison, treatment: { radiotherapy, bevacizumab: [], steroids: [] } }, textOnly)
    const { pieces, text } = await readPage(bytes, 3)
    expectTidy(pieces)
    for (const expected of [
      'Worksheet for this follow-up: BT-RADS',
      'Proposed: 3a – worse, treatment effect favoured',
      'Time since radiotherapy 50 days, within the limit 90 days',
      'Worksheet for this follow-up: RANO 2.0',
      'a person decides',
    ])
      expect(text).toContain(expected)
    expect(text.replaceAll(' ', '')).toContain(`${words},2025-12-01to2026-01-10(Procedure/7)`.replaceAll(' ', ''))
    expect(text).not.toContain('…')
  })

  it('is not there without an earlier study, nor in a rejected report', async () => {
    expect(await allText(await renderPlain())).not.toContain('Worksheet')
  })
})

describe('the report', () => {
  it('names every picture in full and their common position once when maps make six of them', async () => {
    const { text } = await readPage(await render({}, syntheticCase(COARSE, { sequences: SEQUENCES })))
    expect(text.match(/xial [SI] \d+\.\d mm/g)).toHaveLength(1)
    const pictures = text.slice(text.indexOf('Key images'), text.indexOf('Volumes'))
    for (const caption of ['T1 post-contrast', 'ADC map', 'rCBV map']) expect(pictures).toContain(caption)
    expect(pictures).not.toContain('…')
  })

  it('has one tidy page that says everything', async () => {
    const { pages, pieces, text } = await readPage(await renderPlain())
    // The one before is for the board, the one after has the planes.
    expect(pages).toBe(3)
    expectTidy(pieces)
    for (const expected of [
      'Glioma MRI analysis',
      'Universitätsklinikum Musterstadt',
      'PRELIMINARY – not reviewed',
      'Sørensen, Åse Marie',
      'GB-20417 (KIS)',
      '1961-03-04',
      'female',
      '2026-03-01 03:12',
      'ACC-778120',
      'MR Kopf mit KM, Tumorprotokoll',
      'T1 post-contrast',
      'Whole tumour (WT)',
      'Enhancing tumour (ET)',
      'IDH-wildtype',
      '91 % (84–96)',
      'not evaluable',
      'Only evaluated for IDH-mutant tumours.',
      'indeterminate',
      '12 months',
      '61 % (50–72)',
      'risk group: high',
      'high: 134 patients, 101 deaths',
      'months after imaging',
      'T1c unevenness',
      '−0.32',
      'Risk of death',
      'moved 1.3 mm, 0.6°',
      'FLAIR moved by more than 4 mm',
      'not a tissue test',
      'Intended use stated by the bundle',
      'Example glioma network (example-glioma 1.2.0)',
      'b1946ac92492d234…',
      '7d865e959b246691…',
      'Gliabridge 0.1.0',
      'cpu, onnxruntime-node 1.30.0',
      base.result.analysisId,
      base.result.study.studyInstanceUid,
      base.result.referenceSeriesUid,
      '2026-03-01 03:19 UTC',
      'Page 2 of 3',
    ]) {
      expect(text).toContain(expected)
    }
    for (const { value } of base.result.measurements) expect(text).toContain(value.toFixed(1))
  })

  it('has the patient right on the left of every picture', async () => {
    const { pieces } = await readPage(await renderPlain())
    const letters = (letter: string) => pieces.filter((piece) => piece.text === letter)
    expect([letters('R').length, letters('L').length, letters('A').length, letters('P').length]).toEqual([4, 4, 4, 4])
    for (const [n, right] of letters('R').entries()) {
      const left = letters('L')[n]!
      expect(left.x - right.x).toBeGreaterThan(100)
      expect(left.y).toBeCloseTo(right.y, 3)
      expect(letters('P')[n]!.y - letters('A')[n]!.y).toBeGreaterThan(100)
    }
  })

  it('labels an empty frame for a missing sequence', async () => {
    const { text } = await readPage(await render({}, syntheticCase(COARSE, { sequences: ['T1', 'T1c', 'FLAIR'] })))
    expect(text.match(/not available/g)).toHaveLength(1)
    expect(text).toContain('T2 not available')
  })

  it('says so when nothing was found', async () => {
    const { pages, text } = await readPage(await render({ noFinding: true }, syntheticCase(COARSE, { lesion: false })))
    expect(pages).toBe(2)
    expect(text).toContain('No tumour was segmented above the detection limit')
    expect(text).toContain('No outlines are drawn')
  })

  it('shows names in other scripts, and warns of letters that it has not', async () => {
    const japanese = await readPage(await render({ patient: JAPANESE }, textOnly))
    expect(japanese.text.replaceAll(' ', '')).toContain('Yamada,Tarou·山田太郎·やまだたろう')
    const tibetan = await readPage(await render({ patient: { ...JAPANESE, patientName: 'Anand^བ' } }, textOnly))
    expect(tibetan.text).toContain('[U+0F56]')
    expect(tibetan.text).toContain('no letter shape for one character')
  })

  it('is a tagged document with a title that names no patient', async () => {
    const bytes = await renderPlain()
    const { info, page } = await readPage(bytes)
    expect(info).toMatchObject({ Title: `Glioma MRI analysis ${base.result.analysisId}`, Creator: 'Gliabridge 0.1.0' })
    const raw = Buffer.from(bytes).toString('latin1')
    for (const part of [
      '/MarkInfo',
      '/StructTreeRoot',
      '/Lang (en)',
      '/DisplayDocTitle true',
      '/OutputIntents',
      '<pdfaid:part>2<',
      '<pdfuaid:part>1<',
    ]) {
      expect(raw).toContain(part)
    }
    expect(raw).not.toMatch(/\/Subtype \/Type1\b/)
    expect(raw.match(/\/FontFile2/g)?.length).toBe(raw.match(/\/FontDescriptor$/gm)?.length)
    expect(raw).not.toContain('Sørensen')
    const tree = JSON.stringify(await page.getStructTree())
    for (const role of ['"H1"', '"H2"', '"Table"', '"TH"', '"Figure"']) expect(tree).toContain(role)
    expect(tree).toContain("The patient's right is on the left of the picture")
    expect(tree).toContain('Kaplan-Meier curve of the 134 patients')
  })

  it('is not much to store', async () => {
    expect((await render({}, syntheticCase(SAGITTAL))).length).toBeLessThan(700_000)
  })

  it('refuses a volume that does not fit its grid', async () => {
    const segmentation = { ...base.segmentation, data: new Uint8Array(3) }
    await expect(renderReportPdf({ ...base, segmentation })).rejects.toMatchObject({ code: 'INPUT_IMPLAUSIBLE' })
  })
})

describe('whatever the input', () => {
  const long = 'Wörter '.repeat(60)
  const worst: Partial<ReportableResult> = {
    patient: {
      patientId: 'W'.repeat(64),
      issuerOfPatientId: 'W'.repeat(64),
      patientName: ['W', '龍', '홍'].map((letter) => `${letter.repeat(30)}^${letter.repeat(30)}`).join('='),
      patientBirthDate: 'unknown',
      patientSex: 'X',
    },
    study: {
      studyInstanceUid: `2.25.${'8'.repeat(59)}`,
      studyId: long,
      accessionNumber: 'W'.repeat(40),
      issuerOfAccessionNumber: long,
      studyDate: long,
      studyTime: long,
      studyDescription: long,
      referringPhysicianName: `${long}^${long}`,
    },
    bundle: { ...base.result.bundle, id: long, name: long, version: long, license: long, intendedUse: long },
    software: { name: long, version: long, manufacturer: long },
    inputs: base.result.inputs.map((input) => ({ ...input, sliceThicknessMm: 123.456 })),
    decisions: base.result.decisions.map((decision) => ({
      ...decision,
      seriesDescription: long,
      seriesNumber: '2147483647',
    })),
    measurements: Array.from({ length: 30 }, (_, n) => ({
      region: `REGION-${n}`,
      name: long,
      quantity: 'volume',
      value: 99999.9,
      unit: 'mL',
      standardDeviation: 9999.9,
    })),
    predictions: base.result.predictions.map((prediction) => ({
      head: prediction.head,
      status: 'evaluable',
      probabilities: Object.fromEntries(
        Array.from({ length: 6 }, (_, n) => [`${n}${prediction.head === 'survival' ? '' : long}`, n / 15]),
      ),
      intervals: Object.fromEntries(
        Array.from({ length: 6 }, (_, n) => [`${n}${prediction.head === 'survival' ? '' : long}`, [0, 1] as const]),
      ),
      call: `5${long}`,
      explanation: Array.from({ length: 9 }, () => ({ feature: long, contribution: -1234.5678 })),
      remaining: [long, long, long],
      survival: {
        logRisk: 9,
        logRiskInterval: [-9, 99],
        group: {
          name: long,
          n: 9999,
          events: 9999,
          kaplanMeier: { months: [900], survival: [0], lower: [0], upper: [1] },
        },
      },
    })),
    quality: Array.from({ length: 40 }, (_, n) => ({
      code: 'X',
      severity: n % 2 ? 'info' : 'warning',
      text: `${n} ${long}`,
    })),
    execution: {
      ...base.result.execution,
      provider: long,
      runtime: long,
      declined: [{ provider: long, reason: long }],
    },
    analysisId: 'f'.repeat(64),
    referenceSeriesUid: `2.25.${'4'.repeat(59)}`,
  }

  it('the worst case has tidy pages, and says whole at the end what it cut and left out', async () => {
    const bytes = await render(worst, base, long)
    const { pages, pieces, text } = await readPage(bytes)
    expectTidy((await readPage(bytes, 1)).pieces)
    expect(pages).toBeGreaterThan(2)
    expectTidy(pieces)
    expect(text).toMatch(/… \(\d+ more at the end\)/)
    for (const uid of [worst.study!.studyInstanceUid, worst.referenceSeriesUid!]) expect(text).toContain(uid)
    const all = await allText(bytes)
    for (const { text: note } of worst.quality!) expect(all).toContain(note.replaceAll(' ', ''))
    const name = long.replaceAll(' ', '')
    for (const { region } of worst.measurements!) expect(all).toContain(`${name}(${region})`)
    // Those that are counted only stand there with their values.
    expect(all).toContain(`${name}(REGION-29):99999.9mL±9999.9`)
  })
})
