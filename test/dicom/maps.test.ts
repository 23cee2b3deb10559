// Label map, probabilities, uncertainty and key pictures: each holds what it was given, where it was given, and says what it is.
import { describe, expect, it } from 'vitest'
import { items, number, numbers, text, texts } from '../../src/dicom/dataset.ts'
import { buildLabelMap } from '../../src/dicom/label-map.ts'
import { buildParametricMap, UNCERTAINTY_MAP } from '../../src/dicom/parametric-map.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { buildProbabilityMap } from '../../src/dicom/probability-map.ts'
import { buildSecondaryCapture } from '../../src/dicom/secondary-capture.ts'
import type { DicomJson } from '../../src/domain/study.ts'
import { type Grid, toIndex, type Vec3, voxelCount } from '../../src/domain/volume.ts'
import { reportInput } from './report-input.ts'
import { classicSeries, enhancedSeries } from './support.ts'

/** Slice of the grid on which each frame lies, by its own position. */
function slicesOf(ds: DicomJson, grid: Grid): number[] {
  return items(ds, 'PerFrameFunctionalGroupsSequence').map((group) => {
    const position = numbers(items(group, 'PlanePositionSequence')[0]!, 'ImagePositionPatient')
    const [i, j, k] = toIndex(grid, position as unknown as Vec3)
    expect(Math.abs(i) + Math.abs(j)).toBeLessThan(1e-3)
    return Math.round(k)
  })
}

describe.each([
  ['classic', classicSeries],
  ['enhanced', enhancedSeries],
] as const)('on a %s series', (_kind, make) => {
  it('a label map has the segment number of every voxel, and no empty frame', async () => {
    const input = await reportInput(make)
    const file = readPart10(buildLabelMap({ ...input, segmentation: input.labels }).bytes)
    const ds = file.dataset
    expect([text(ds, 'SOPClassUID'), text(ds, 'SegmentationType'), number(ds, 'PixelPaddingValue')]).toEqual([
      '1.2.840.10008.5.1.4.1.1.66.7',
      'LABELMAP',
      0,
    ])
    const inSlice = input.grid.size[0] * input.grid.size[1]
    const found = new Uint8Array(input.labels.data.length)
    for (const [n, slice] of slicesOf(ds, input.grid).entries()) {
      const frame = file.frames()[n]!
      expect(frame.some((value) => value > 0)).toBe(true)
      found.set(frame, slice * inSlice)
    }
    expect(Buffer.from(found).equals(Buffer.from(input.labels.data))).toBe(true)
    expect(items(ds, 'DimensionIndexSequence')).toHaveLength(1)
    const described = items(ds, 'SegmentSequence')
    expect(described.map((segment) => number(segment, 'SegmentNumber'))).toEqual([0, 1, 2, 3])
    for (const keyword of ['SegmentedPropertyCategoryCodeSequence', 'SegmentedPropertyTypeCodeSequence']) {
      const [concept] = items(described[0]!, keyword)
      expect(['CodeValue', 'CodingSchemeDesignator', 'CodeMeaning'].map((name) => text(concept!, name))).toEqual([
        '125040',
        'DCM',
        'Background',
      ])
    }
    expect(text(described[0]!, 'TrackingUID')).toBe('')
  })

  it('probabilities come back within half a step, and nothing else', async () => {
    const input = await reportInput(make)
    const given = (label: number) =>
      Float32Array.from(input.labels.data, (value, voxel) => (value === label ? 0.3 + (voxel % 11) / 16 : 0))
    const object = buildProbabilityMap({
      ...input,
      probabilityOf: ({ label }) => ({ grid: input.grid, data: given(label) }),
    })!
    const file = readPart10(object.bytes)
    const ds = file.dataset
    expect([text(ds, 'SegmentationFractionalType'), number(ds, 'MaximumFractionalValue')]).toEqual(['PROBABILITY', 255])
    const inSlice = input.grid.size[0] * input.grid.size[1]
    const slices = slicesOf(ds, input.grid)
    const segments = items(ds, 'PerFrameFunctionalGroupsSequence').map(
      (group) => number(items(group, 'SegmentIdentificationSequence')[0]!, 'ReferencedSegmentNumber')!,
    )
    for (const label of [1, 2, 3]) {
      const found = new Float32Array(input.labels.data.length)
      for (const [n, slice] of slices.entries())
        if (segments[n] === label)
          found.set(
            Float32Array.from(file.frames()[n]!, (v) => v / 255),
            slice * inSlice,
          )
      const worst = given(label).reduce((most, value, voxel) => Math.max(most, Math.abs(value - found[voxel]!)), 0)
      expect(worst).toBeLessThanOrEqual(0.5 / 255 + 1e-6)
    }
    const none = {
      ...input,
      probabilityOf: () => ({ grid: input.grid, data: new Float32Array(voxelCount(input.grid)) }),
    }
    expect(buildProbabilityMap(none)).toBeUndefined()
  })

  it('a map keeps its floats, says what they are, and refers to its sources', async () => {
    const input = await reportInput(make)
    const data = Float32Array.from(input.labels.data, (_, voxel) => Math.sin(voxel) ** 2 / 3)
    const object = buildParametricMap({
      ...input,
      map: { grid: input.grid, data },
      role: 'uncertainty',
      shows: UNCERTAINTY_MAP,
      description: 'Standard deviation',
    })
    const ds = readPart10(object.bytes).dataset
    const bytes = Buffer.from(ds['7FE00008']!.InlineBinary!, 'base64')
    expect(bytes.equals(Buffer.from(data.buffer))).toBe(true)
    expect(slicesOf(ds, input.grid)).toEqual([0, 1, 2, 3, 4, 5, 6])
    const [shared] = items(ds, 'SharedFunctionalGroupsSequence')
    const [mapping] = items(shared!, 'RealWorldValueMappingSequence')
    const quantity = items(mapping!, 'QuantityDefinitionSequence').map((one) =>
      text(items(one, 'ConceptCodeSequence')[0]!, 'CodeValue'),
    )
    expect(quantity).toEqual(['deviation', '386136009'])
    expect(number(mapping!, 'RealWorldValueSlope')).toBe(1)
    expect(items(ds, 'ReferencedSeriesSequence')).toHaveLength(1)
  })
})

it('a key picture is RGB, of the study, and not for measuring', async () => {
  const input = await reportInput(classicSeries)
  const rgb = Uint8Array.from({ length: 5 * 3 * 3 }, (_, n) => (n * 37) % 251)
  const picture = { number: 2, description: 'Axial, T1 after contrast', width: 5, height: 3, rgb }
  const file = readPart10(buildSecondaryCapture({ ...input, ...picture }).bytes)
  expect(Buffer.from(file.frames()[0]!).equals(Buffer.from(rgb))).toBe(true)
  expect([text(file.dataset, 'PhotometricInterpretation'), number(file.dataset, 'InstanceNumber')]).toEqual(['RGB', 2])
  expect(texts(file.dataset, 'ImageType')).toEqual(['DERIVED', 'SECONDARY'])
  expect(numbers(file.dataset, 'PixelSpacing')).toEqual([])
})
