// The heads' step: what an analysis knows of a patient becomes features, predictions and notes.
import { describe, expect, it } from 'vitest'
import type { SequenceImage } from '../../src/domain/finding.ts'
import type { HeadRequest } from '../../src/domain/head-run.ts'
import type { Sequence, Series } from '../../src/domain/study.ts'
import { parseBundle } from '../../src/inference/bundle/manifest.ts'
import type { Prepared } from '../../src/inference/segmentation/prepare.ts'
import { predictFromStudy } from '../../src/pipeline/predict.ts'
import { headsManifest, runnerOf } from '../support/heads-bundle.ts'
import { COARSE, syntheticCase } from '../support/result.ts'

const { segmentation: labels, images } = syntheticCase(COARSE)
const bundle = parseBundle(headsManifest())
const patient = {
  patientId: 'P',
  issuerOfPatientId: '',
  patientName: 'X',
  patientBirthDate: '19610304',
  patientSex: 'F',
}
const series: Series = { seriesInstanceUid: '1.2', modality: 'MR', instances: [] }

/** Runs the real heads and keeps the first row that each was asked. */
function recordingRunner() {
  const rows = new Map<string, number[]>()
  return {
    rows,
    encode: () => Promise.reject(new Error('no image is encoded here')),
    async runHead({ head, rows: data, count, members }: HeadRequest) {
      if (!rows.has(head)) rows.set(head, [...data])
      return (await runnerOf(head as 'idh' | 'survival')).run(data, count, members)
    },
  }
}

const predict = (
  change: { sequences?: Sequence[]; noFinding?: boolean; birth?: string; samples?: Uint8Array[] } = {},
) => {
  const runner = recordingRunner()
  const { sequences = ['T1', 'T1c', 'T2', 'FLAIR'] } = change
  const onReference: SequenceImage[] = images.filter(({ sequence }) => sequences.includes(sequence))
  const result = predictFromStudy({
    patient: { ...patient, patientBirthDate: change.birth ?? patient.patientBirthDate },
    studyDate: '20260301',
    series: [series],
    prepared: { onReference } as Prepared,
    segmented: {
      grid: labels.grid,
      probabilities: [],
      samples: (change.samples ?? []).map((own) => ({ labels: own })),
    },
    labels,
    noFinding: change.noFinding ?? false,
    facts: undefined,
    bundle,
    runner,
  })
  return result.then((found) => ({ ...found, rows: runner.rows }))
}

describe('the heads of an analysis', () => {
  it('see the age of the headers and the tumour of the labels, in the order that each head declares', async () => {
    const { predictions, rows } = await predict()
    expect(predictions.map(({ status }) => status)).toEqual([
      expect.stringMatching(/^(evaluable|indeterminate)$/),
      'not-evaluable',
      'not-evaluable',
      'not-evaluable',
      'evaluable',
    ])
    const [age, sphericity, cov] = rows.get('idh')!
    expect(age).toBeCloseTo(64.99, 2)
    expect(sphericity).toBeGreaterThan(0.3)
    expect(sphericity).toBeLessThan(1)
    // T1c inside the labels: three tissues with signals 240, 350 and 900, by far not even.
    expect(cov).toBeGreaterThan(0.3)
    const prediction = predictions[0]!
    if (prediction.status === 'not-evaluable') throw new Error('idh answers')
    expect(prediction.explanation.map(({ feature }) => feature).sort()).toEqual([
      'age_years',
      'shape_Sphericity',
      't1c_cov',
    ])
  })

  it('leave out what the study cannot give, which these heads bear', async () => {
    const { rows } = await predict({ sequences: ['FLAIR'] })
    expect(rows.get('idh')![2]).toBeNaN()
    expect(rows.get('idh')![1]).toBeGreaterThan(0.3)
  })

  it('are asked for every sample of the segmentation, and say so when the outline decides', async () => {
    const alone = await predict()
    const same = await predict({ samples: [labels.data, labels.data] })
    const survivalOf = ({ predictions }: typeof alone) => {
      const survival = predictions[4]!
      if (survival.status === 'not-evaluable') throw new Error(survival.reason)
      return survival
    }
    const { status, probabilities, explanation } = survivalOf(alone)
    expect(survivalOf(same)).toMatchObject({ status, probabilities, explanation })
    // The patient’s row, and one a sample.
    expect(same.rows.get('survival')!.length).toBe(3 * alone.rows.get('survival')!.length)
    // A sample with half of the tumour has other features; one with none cannot be answered for.
    const half = labels.data.map((label, v) => (v % labels.grid.size[0] < labels.grid.size[0] / 2 ? label : 0))
    const nothing = new Uint8Array(labels.data.length)
    const split = survivalOf(await predict({ samples: [labels.data, nothing, half] }))
    expect(split.status).toBe('indeterminate')
    expect(split.reason).toMatch(/^The outline decides: risk group \w+ by the outline .* in [12] of 3 samples/)
    // The outline itself is what is shown; a single sample is the outline and says nothing more.
    expect(split.probabilities).toEqual(survivalOf(alone).probabilities)
    expect(survivalOf(await predict({ samples: [nothing] }))).toEqual(survivalOf(alone))
  })

  it('do not answer without an age, or without a tumour, and say so', async () => {
    const { predictions, rows } = await predict({ birth: '' })
    expect(predictions[0]).toMatchObject({ reason: 'Needs age, which is not known for this study.' })
    expect(rows.size).toBe(0)
    const nothing = await predict({ noFinding: true })
    expect(nothing.predictions[4]).toMatchObject({ reason: expect.stringContaining('No tumour was segmented') })
    expect(nothing.rows.size).toBe(0)
  })
})
