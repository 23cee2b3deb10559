// Segmentations per sequence: the same tumour on another grid, through the patient's movement, with own identity and sources.
import { beforeAll, describe, expect, it } from 'vitest'
import { items, numbers, tagOf, text } from '../../../src/dicom/dataset.ts'
import { readPart10 } from '../../../src/dicom/part10.ts'
import { readLabels } from '../../../src/dicom/segmentation-labels.ts'
import { planSeries } from '../../../src/dicom/series-volume.ts'
import type { DicomJson } from '../../../src/domain/study.ts'
import { toIndex, toPatient, type Vec3 } from '../../../src/domain/volume.ts'
import { applyRigid, invertRigid } from '../../../src/inference/volumes/rigid.ts'
import { encodeSequences, type OtherSequence } from '../../../src/pipeline/encode/sequences.ts'
import { inputOf } from '../../dicom/report-input.ts'
import { classicSeries, type SeriesOptions } from '../../dicom/support.ts'
import { MOVED, SAGITTAL, THICK } from '../../support/sequence-grids.ts'

let input: ReturnType<typeof inputOf>
let thick: OtherSequence
let sagittal: OtherSequence

async function other(sequence: OtherSequence['sequence'], options: SeriesOptions): Promise<OtherSequence> {
  const { series } = await classicSeries({ seriesKey: sequence, ...options })
  return { sequence, series, plan: planSeries(series), registration: { transform: MOVED } }
}

beforeAll(async () => {
  const reference = await classicSeries({ seriesKey: 'T1c' })
  thick = await other('FLAIR', { grid: THICK })
  sagittal = await other('T2', { grid: SAGITTAL })
  const made = inputOf(reference, await classicSeries({ seriesKey: 'FLAIR', grid: THICK }))
  input = made
})

const encoded = (others: OtherSequence[]) => encodeSequences(input, input.labels, others)

describe('a segmentation per sequence', () => {
  it('lies on its own grid, each voxel as the segmentation has it where the patient was', () => {
    const made = encoded([thick, sagittal])
    expect(made.map(({ role }) => role)).toEqual(['segmentation-FLAIR', 'segmentation-T2'])
    for (const [n, { plan }] of [thick, sagittal].entries()) {
      const { grid } = plan
      const { labels } = readLabels(made[n]!.object.bytes, grid, (number) => input.result.segments[number - 1]?.label)
      let tumour = 0
      const [columns, rows, slices] = grid.size
      for (let k = 0; k < slices; k++)
        for (let j = 0; j < rows; j++)
          for (let i = 0; i < columns; i++) {
            const there = applyRigid(invertRigid(MOVED), toPatient(grid, [i, j, k]))
            const at = toIndex(input.labels.grid, there).map(Math.round) as unknown as Vec3
            const [nx, ny, nz] = input.labels.grid.size
            const inside = at.every((index, axis) => index >= 0 && index < [nx, ny, nz][axis]!)
            const expected = inside ? input.labels.data[at[0] + nx * (at[1] + ny * at[2])]! : 0
            const found = labels.data[i + columns * (j + rows * k)]!
            if (found !== expected) expect([i, j, k, found]).toEqual([i, j, k, expected])
            if (found > 0) tumour++
          }
      expect(tumour).toBeGreaterThan(50)
    }
  })

  it('has its own identity, the series it lies on as source, and the same tracking', () => {
    const [flair, t2] = encoded([thick, sagittal]).map(({ object }) => readPart10(object.bytes).dataset) as [
      DicomJson,
      DicomJson,
    ]
    const main = readPart10(input.segmentation!.bytes).dataset
    for (const keyword of ['SOPInstanceUID', 'SeriesInstanceUID', 'SeriesNumber', 'SeriesDescription'])
      expect(new Set([main, flair, t2].map((ds) => text(ds, keyword))).size, keyword).toBe(3)
    expect([flair, t2].map((ds) => numbers(ds, 'SeriesNumber')[0])).toEqual([9014, 9013])
    expect(text(flair, 'SeriesDescription')).toBe('AI glioma segmentation on FLAIR, not reviewed, research use')
    expect(text(flair, 'FrameOfReferenceUID')).toBe(thick.plan.frameOfReferenceUid)
    const tracked = (ds: DicomJson) => items(ds, 'SegmentSequence').map((segment) => text(segment, 'TrackingUID'))
    expect(tracked(flair)).toEqual(tracked(main))
    const uids = new Set(thick.series.instances.map(({ sopInstanceUid }) => sopInstanceUid))
    const sources = items(flair, 'PerFrameFunctionalGroupsSequence').flatMap((frame) =>
      items(frame, 'DerivationImageSequence').flatMap((one) => items(one, 'SourceImageSequence')),
    )
    expect(sources.length).toBeGreaterThan(1)
    for (const source of sources) expect(uids).toContain(text(source, 'ReferencedSOPInstanceUID'))
    const series = items(flair, 'ReferencedSeriesSequence').map((one) => text(one, 'SeriesInstanceUID'))
    expect(series).toEqual([thick.series.seriesInstanceUid])
  })

  it('is the same, byte for byte, when the analysis is repeated', () => {
    const bytes = () => encoded([thick]).map(({ object }) => Buffer.from(object.bytes).toString('base64'))
    expect(bytes()).toEqual(bytes())
  })

  it('is not made without a frame of reference, without a registration, or where nothing of the tumour is seen', async () => {
    const loose = await other('T2', {
      grid: SAGITTAL,
      edit: (ds) => {
        const { [tagOf('FrameOfReferenceUID')]: _, ...rest } = ds
        return rest
      },
    })
    const elsewhere = await other('T1', { grid: { ...THICK, origin: [400, 400, 400] } })
    const { registration: _, ...unregistered } = thick
    expect(encoded([loose, elsewhere, unregistered])).toEqual([])
  })
})
