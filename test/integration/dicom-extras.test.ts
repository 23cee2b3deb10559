import { describe, expect, it } from 'vitest'
import { buildLabelMap } from '../../src/dicom/label-map.ts'
import { buildParametricMap, UNCERTAINTY_MAP } from '../../src/dicom/parametric-map.ts'
import { buildProbabilityMap } from '../../src/dicom/probability-map.ts'
import { buildRejectionNote } from '../../src/dicom/rejection-note.ts'
import { buildSecondaryCapture } from '../../src/dicom/secondary-capture.ts'
import { buildMeasurementReport } from '../../src/dicom/sr/measurement-report.ts'
import { type LabelVolume, toIndex, type Vec3 } from '../../src/domain/volume.ts'
import { type inputOf, reportInput } from '../dicom/report-input.ts'
import { classicSeries, enhancedSeries } from '../dicom/support.ts'
import {
  dumpReport,
  readMapWithHighdicom,
  UNKNOWN_TO_DCIODVFY,
  unexplained,
  validate,
} from '../support/dicom-validators.ts'
import { objectFolder } from '../support/object-folder.ts'

const { at, write } = objectFolder()

/** A volume as highdicom reads it, brought onto our grid by patient position; `channel` of the last axis where there is one. */
function readOnto({ grid }: LabelVolume, path: string, channel = 0): Float32Array {
  const { shape, affine, values } = readMapWithHighdicom(path)
  const [slices, rows, columns, channels = 1] = shape as [number, number, number, number?]
  const found = new Float32Array(grid.size[0] * grid.size[1] * grid.size[2])
  for (let at = 0; at < slices * rows * columns; at++) {
    const index = [Math.floor(at / (rows * columns)), Math.floor(at / columns) % rows, at % columns]
    const point = affine
      .slice(0, 3)
      .map((row) => row[0]! * index[0]! + row[1]! * index[1]! + row[2]! * index[2]! + row[3]!)
    const [i, j, k] = toIndex(grid, point as unknown as Vec3).map(Math.round) as [number, number, number]
    found[i + grid.size[0] * (j + grid.size[1] * k)] = values[at * channels + channel]!
  }
  return found
}

function worst(found: Float32Array, truth: (label: number, voxel: number) => number, labels: LabelVolume): number {
  return found.reduce((most, value, voxel) => Math.max(most, Math.abs(value - truth(labels.data[voxel]!, voxel))), 0)
}

const probability = (voxel: number) => 0.3 + (voxel % 11) / 16

function objectsOf(input: ReturnType<typeof inputOf>) {
  const { labels, grid, result, referenceSeries } = input
  const map = { grid, data: Float32Array.from(labels.data, (_, voxel) => Math.sin(voxel) ** 2 / 3) }
  return {
    labelMap: buildLabelMap({ ...input, segmentation: labels }),
    probabilities: buildProbabilityMap({
      ...input,
      probabilityOf: ({ label }) => ({
        grid,
        data: Float32Array.from(labels.data, (value, voxel) => (value === label ? probability(voxel) : 0)),
      }),
    })!,
    map: buildParametricMap({
      ...input,
      map,
      role: 'uncertainty',
      shows: UNCERTAINTY_MAP,
      description: "Standard deviation of the tumour's probability",
    }),
    picture: buildSecondaryCapture({
      result,
      referenceSeries,
      number: 1,
      description: 'Axial plane',
      width: 7,
      height: 5,
      rgb: Uint8Array.from({ length: 105 }, (_, n) => (n * 37) % 251),
    }),
    note: buildRejectionNote({
      result,
      referenceInstance: referenceSeries.instances[0]!.metadata,
      rejected: [input.segmentation!, buildMeasurementReport(input)],
    }),
  }
}

describe.each([
  ['classic', classicSeries],
  ['enhanced', enhancedSeries],
] as const)('on a %s series', (kind, make) => {
  it('are valid objects, consistent with their sources', async () => {
    const input = await reportInput(make)
    const objects = objectsOf(input)
    const sources = input.files.map((bytes, at) => write(`${kind}-${at}.dcm`, bytes))
    for (const [name, { bytes }] of Object.entries(objects)) {
      const path = write(`${kind}-${name}.dcm`, bytes)
      const verdict = validate('dciodvfy', [path])
      // highdicom checks the label map, below.
      expect(verdict.errors).toEqual(name === 'labelMap' ? UNKNOWN_TO_DCIODVFY : [])
      expect(unexplained(verdict.warnings)).toEqual([])
      if (name === 'labelMap') continue
      const together = validate('dcentvfy', [...sources, path])
      expect([together.errors, unexplained(together.warnings)]).toEqual([[], []])
    }
    const dump = dumpReport(at(`${kind}-note.dcm`))
    expect(dump.text).toContain('Rejected for Quality Reasons')
    expect(dump.errors).toEqual([])
  })

  it('are the same values to highdicom', async () => {
    const input = await reportInput(make)
    const { labelMap, probabilities, map } = objectsOf(input)
    const { labels } = input
    const numbers = readOnto(labels, write(`${kind}-a.dcm`, labelMap.bytes))
    expect(worst(numbers, (label) => label, labels)).toBe(0)
    // Pixel value 0 is described, as highdicom describes it, and is none of the segments.
    const described = readMapWithHighdicom(at(`${kind}-a.dcm`))
    expect(described.numbers).toEqual([1, 2, 3])
    expect(described.backgrounds?.[0]).toEqual(described.backgrounds?.[1])
    const values = readOnto(labels, write(`${kind}-b.dcm`, map.bytes))
    expect(worst(values, (_, voxel) => Math.fround(Math.sin(voxel) ** 2 / 3), labels)).toBeLessThan(1e-6)
    const path = write(`${kind}-c.dcm`, probabilities.bytes)
    for (const label of [1, 2, 3]) {
      const found = readOnto(labels, path, label - 1)
      const truth = (value: number, voxel: number) => (value === label ? probability(voxel) : 0)
      expect(worst(found, truth, labels)).toBeLessThanOrEqual(0.5 / 255 + 1e-6)
    }
  })
})
