// Without T1c nothing of the tumour core is stated, in any output: segmentation, structured report, EHR, PDF, page.
import { extractText, getDocumentProxy } from 'unpdf'
import { beforeAll, describe, expect, it } from 'vitest'
import { items, text } from '../../src/dicom/dataset.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { buildSegmentation } from '../../src/dicom/segmentation.ts'
import { buildMeasurementReport, type MeasurementReportInput } from '../../src/dicom/sr/measurement-report.ts'
import type { LabelVolume } from '../../src/domain/volume.ts'
import { measureLesions, targetLesions } from '../../src/inference/lesions/diameters.ts'
import { evaluableOf } from '../../src/inference/lesions/evaluable.ts'
import { measure } from '../../src/inference/lesions/measure.ts'
import { inputOf, MADE_BY } from '../dicom/report-input.ts'
import { classicSeries } from '../dicom/support.ts'
import { buildReport } from '../support/built-report.ts'
import { sampleReport } from '../support/fhir-report.ts'
import { renderReportPdf } from '../support/letterhead.ts'
import { delivered } from '../support/sample-analyses.ts'
import { sampleApp } from '../support/sample-app.ts'

type Made = MeasurementReportInput & { labels: LabelVolume }
let made: Made
/** The same study with T1c. */
let whole: Made

/** As the pipeline makes it, of a study with T1, T2 and FLAIR. */
beforeAll(async () => {
  const input = inputOf(await classicSeries({ seriesKey: 'FLAIR' }), await classicSeries({ seriesKey: 'T2' }))
  whole = input
  const sequences = { T1: { channel: 0, required: false }, T1c: { channel: 1, required: false } }
  const stated = evaluableOf(input.labels, { ...MADE_BY, sequences } as never, ['T1', 'T2', 'FLAIR'])
  const lesions = measureLesions(stated.labels, stated.bundle.regions.ET ?? [])
  const result = {
    ...input.result,
    ...measure(stated.labels, stated.bundle),
    diameters: targetLesions(lesions).map(({ diameters }) => diameters),
    inputs: input.result.inputs.map((one, n) => ({ ...one, sequence: n === 0 ? ('FLAIR' as const) : ('T2' as const) })),
    predictions: [],
    quality: stated.withheld.map((said) => ({ code: 'not-evaluable', severity: 'warning' as const, ...said })),
  }
  const { segmentation: _, ...sources } = { ...input, result, labels: stated.labels }
  made = { ...sources, segmentation: buildSegmentation({ ...sources, segmentation: stated.labels }) }
})

/** Everything that the output says, as a person reads it. */
const CHANNELS: Record<string, (made: Made) => string | Promise<string>> = {
  SR: (made) => textsOf(readPart10(buildMeasurementReport(made).bytes).dataset),
  FHIR: (made) => {
    const { resources, anchor } = buildReport({ ...sampleReport(), result: made.result })
    return JSON.stringify([anchor, ...resources.values()])
      .replace(/<[^>]+>/g, ' ')
      .replace(/\\n|\\"/g, ' ')
  },
  PDF: async (made) => {
    const pdf = await getDocumentProxy(
      await renderReportPdf({ result: made.result, segmentation: made.labels, images: [] }),
    )
    return (await extractText(pdf, { mergePages: true })).text
  },
  page: async (made) => {
    const { app, change } = sampleApp()
    const { segments, measurements, diameters, inputs, predictions, quality } = made.result
    const stated = { segments, measurements, diameters, inputs, predictions, quality }
    const { comparison: _, ...summary } = delivered.summary!
    change({ ...delivered, summary: { ...summary, ...stated } as typeof delivered.summary & object })
    const html = await (await app.request(`/analyses/${delivered.analysisId}`)).text()
    return html.replace(/<(script|style)[\s\S]*?<\/\1>/g, ' ').replace(/<[^>]+>/g, ' ')
  },
}

function textsOf(ds: object): string {
  return Object.values(ds)
    .flatMap(({ Value = [] }: { Value?: unknown[] }) =>
      Value.map((value) => (value && typeof value === 'object' ? textsOf(value) : String(value))),
    )
    .join(' ')
}

const WITHHELD = ['tumour core', 'enhancing tumour', 'necrotic core']
/** Sizes that are stated of what needs T1c, in words, or as a measurement of an SR with its tracking identifier or finding. */
const NUMBER =
  /(tumou?r core|enhancing tumou?r|necrotic core)[^.;]{0,150}?\d([.,]\d+)? ?(ml|mm|cm)|tracking identifier (tc|et|ncr)\b|enhancing lesion|necrosis/g
const numbersIn = (said: string) => said.match(NUMBER) ?? []
const squeezed = (said: string) => said.replace(/\s+/g, ' ').toLowerCase()

describe('a result without T1c', () => {
  it('has one segment, the whole tumour, that holds every voxel', () => {
    const ds = readPart10(made.segmentation!.bytes).dataset
    expect(items(ds, 'SegmentSequence').map((one) => text(one, 'SegmentLabel').toLowerCase())).toEqual(['whole tumour'])
    expect(new Set(made.labels.data)).toEqual(new Set([0, 1]))
    expect(made.result.measurements.map(({ region, quantity }) => `${region} ${quantity}`)).toEqual(['WT volume'])
  })

  it.each(Object.entries(CHANNELS))(
    'says in %s what is not evaluable and why, and states no number of it',
    async (_name, read) => {
      const said = squeezed(await read(made))
      for (const region of WITHHELD) expect(said).toContain(`${region}: not evaluable: no post-contrast t1`)
      expect(numbersIn(said)).toEqual([])
      // The same question finds the numbers where they are stated.
      expect(numbersIn(squeezed(await read(whole)))).not.toEqual([])
    },
  )
})
