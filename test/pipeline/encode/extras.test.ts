// What a site may switch on: each switch makes its own objects and no others, and none of them without a tumour where it needs one.
import { beforeAll, describe, expect, it } from 'vitest'
import { items, number, text } from '../../../src/dicom/dataset.ts'
import { readPart10 } from '../../../src/dicom/part10.ts'
import { SEQUENCES } from '../../../src/domain/study.ts'
import { type ExtrasInput, encodeExtras, type WriteBack } from '../../../src/pipeline/encode/extras.ts'
import { type inputOf, reportInput } from '../../dicom/report-input.ts'
import { classicSeries } from '../../dicom/support.ts'
import { NOTHING_MORE, network } from '../../support/network-output.ts'

let input: ReturnType<typeof inputOf>
beforeAll(async () => {
  input = await reportInput(classicSeries)
})

function extrasOf(change: Partial<WriteBack>, noFinding = false, saliency: ExtrasInput['saliency'] = []) {
  const images = SEQUENCES.slice(0, 2).map((sequence) => ({
    sequence,
    image: {
      grid: input.grid,
      data: Float32Array.from(input.labels.data, (value, voxel) => 100 + 40 * value + (voxel % 9)),
    },
  }))
  const extras: ExtrasInput = {
    sources: { ...input, result: { ...input.result, noFinding } },
    segmentation: input.labels,
    images,
    ...network(input.labels),
    saliency,
  }
  return encodeExtras(extras, { ...NOTHING_MORE, ...change })
}

describe('extras', () => {
  it('are none unless switched on', () => expect(extrasOf({})).toEqual([]))

  it.each([
    ['labelMap', ['label-map'], ['1.2.840.10008.5.1.4.1.1.66.7']],
    ['probabilities', ['probabilities'], ['1.2.840.10008.5.1.4.1.1.66.4']],
    ['uncertainty', ['uncertainty'], ['1.2.840.10008.5.1.4.1.1.30']],
    ['keyImages', ['key-image-1', 'key-image-2'], ['1.2.840.10008.5.1.4.1.1.7', '1.2.840.10008.5.1.4.1.1.7']],
  ] as const)('%s makes its own objects', (name, roles, classes) => {
    const made = extrasOf({ [name]: true })
    expect(made.map(({ role }) => role)).toEqual(roles)
    expect(made.map(({ object }) => object.sopClassUid)).toEqual(classes)
    expect(made.map(({ object }) => text(readPart10(object.bytes).dataset, 'SOPInstanceUID'))).toEqual(
      made.map(({ object }) => object.sopInstanceUid),
    )
    expect(new Set(made.map(({ object }) => object.seriesInstanceUid)).size).toBe(1)
  })

  it('saliency makes one signed map for each head that has one, and none without', () => {
    const data = Float32Array.from(input.labels.data, (value, voxel) => (value === 0 ? 0 : (voxel % 3) - 1))
    const maps = (['idh', 'survival'] as const).map((head) => ({ head, map: { grid: input.grid, data } }))
    const made = extrasOf({ saliency: true }, false, maps)
    expect(made.map(({ role }) => role)).toEqual(['saliency-idh', 'saliency-survival'])
    const ds = readPart10(made[0]!.object.bytes).dataset
    const stored = new Float32Array(Uint8Array.from(Buffer.from(ds['7FE00008']!.InlineBinary!, 'base64')).buffer)
    expect(Math.max(...stored.map((value, voxel) => Math.abs(value - data[voxel]!)))).toBeLessThan(1e-4)
    const [mapping] = items(items(ds, 'SharedFunctionalGroupsSequence')[0]!, 'RealWorldValueMappingSequence')
    expect(number(mapping!, 'DoubleFloatRealWorldValueFirstValueMapped')).toBeCloseTo(-1, 4)
    expect([text(ds, 'SeriesNumber'), text(ds, 'ContentLabel')]).toEqual(['9008', 'SALIENCY'])
    expect(new Set(made.map(({ object }) => object.sopInstanceUid)).size).toBe(2)
    expect(extrasOf({ saliency: true })).toEqual([])
  })

  it('key pictures show the outlines in colour', () => {
    const [{ object } = { object: undefined }] = extrasOf({ keyImages: true })
    const file = readPart10(object!.bytes)
    const pixels = file.frames()[0]!
    let coloured = 0
    for (let n = 0; n < pixels.length; n += 3)
      if (pixels[n] !== pixels[n + 1] || pixels[n] !== pixels[n + 2]) coloured++
    expect(coloured).toBeGreaterThan(100)
    expect(pixels.length).toBe(3 * number(file.dataset, 'Rows')! * number(file.dataset, 'Columns')!)
  })

  it('without a tumour only the uncertainty is left', () => {
    const all = { keyImages: true, labelMap: true, probabilities: true, uncertainty: true }
    expect(extrasOf(all, true).map(({ role }) => role)).toEqual(['uncertainty'])
  })
})
