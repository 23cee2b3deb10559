// The SEG builder: what it writes is read back in patient space, deterministic, and refused where it would be wrong.
import { describe, expect, it } from 'vitest'
import { cieLab, SEGMENT_CONCEPTS } from '../../src/dicom/codes.ts'
import { dataset, has, items, number, numbers, tagOf, text, texts } from '../../src/dicom/dataset.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { buildSegmentation, type SegmentationInput } from '../../src/dicom/segmentation.ts'
import { planSeries } from '../../src/dicom/series-volume.ts'
import { isUid } from '../../src/dicom/uid.ts'
import type { DicomJson, Series } from '../../src/domain/study.ts'
import { type LabelVolume, toIndex, toPatient, type Vec3 } from '../../src/domain/volume.ts'
import { refusalOf } from '../support/failure-of.ts'
import {
  classicSeries,
  enhancedSeries,
  FRAME_OF_REFERENCE,
  labelsOn,
  OBLIQUE,
  resultFor,
  STUDY_UID,
} from './support.ts'

async function inputFor(make: typeof classicSeries, labels?: LabelVolume): Promise<SegmentationInput> {
  const [reference, other] = [await make({ seriesKey: 'reference' }), await make({ seriesKey: 'other' })]
  const plan = planSeries(reference.series)
  const segmentation = labels ?? labelsOn(plan.grid)
  return {
    result: resultFor([reference.series, other.series], segmentation),
    segmentation,
    referenceSeries: reference.series,
    sourceFrames: plan.frames,
    otherSources: [other.series],
  }
}

/** Labels from the SEG alone, placed by its own geometry, as a viewer would. */
function readBack(bytes: Uint8Array, onto: LabelVolume): Uint8Array {
  const file = readPart10(bytes)
  const ds = file.dataset
  const [rows, columns] = [number(ds, 'Rows')!, number(ds, 'Columns')!]
  const [shared] = items(ds, 'SharedFunctionalGroupsSequence')
  const cosines = numbers(items(shared!, 'PlaneOrientationSequence')[0]!, 'ImageOrientationPatient')
  const spacing = numbers(items(shared!, 'PixelMeasuresSequence')[0]!, 'PixelSpacing')
  const found = new Uint8Array(onto.data.length)
  for (const [frame, group] of items(ds, 'PerFrameFunctionalGroupsSequence').entries()) {
    const segment = number(items(group, 'SegmentIdentificationSequence')[0]!, 'ReferencedSegmentNumber')!
    const position = numbers(items(group, 'PlanePositionSequence')[0]!, 'ImagePositionPatient')
    for (let pixel = 0; pixel < rows * columns; pixel++) {
      const bit = frame * rows * columns + pixel
      if (((file.pixelData![bit >> 3]! >> (bit & 7)) & 1) === 0) continue
      const [column, row] = [pixel % columns, Math.floor(pixel / columns)]
      const point = position.map(
        (value, axis) => value + cosines[axis]! * spacing[1]! * column + cosines[3 + axis]! * spacing[0]! * row,
      )
      const index = toIndex(onto.grid, point as unknown as Vec3).map(Math.round) as [number, number, number]
      const at = index[0] + onto.grid.size[0] * (index[1] + onto.grid.size[1] * index[2])
      expect(found[at]).toBe(0)
      found[at] = segment
    }
  }
  return found
}

describe.each([
  ['classic', classicSeries],
  ['enhanced', enhancedSeries],
])('a segmentation of a %s series', (kind, make) => {
  it('puts every voxel where it was, on an oblique grid with odd frames', async () => {
    const input = await inputFor(make)
    const { bytes } = buildSegmentation(input)
    expect(Buffer.from(readBack(bytes, input.segmentation)).equals(Buffer.from(input.segmentation.data))).toBe(true)
  })

  it('references the source image of every frame', async () => {
    const input = await inputFor(make)
    const ds = readPart10(buildSegmentation(input).bytes).dataset
    for (const group of items(ds, 'PerFrameFunctionalGroupsSequence')) {
      const position = numbers(items(group, 'PlanePositionSequence')[0]!, 'ImagePositionPatient')
      const [derivation] = items(group, 'DerivationImageSequence')
      const [source] = items(derivation!, 'SourceImageSequence')
      expect(text(source!, 'SpatialLocationsPreserved')).toBe('YES')
      const uid = text(source!, 'ReferencedSOPInstanceUID')
      const frame = number(source!, 'ReferencedFrameNumber')
      expect(frame === undefined).toBe(kind === 'classic')
      const planned = input.sourceFrames.findIndex((one) => one.sopInstanceUid === uid && one.frameNumber === frame)
      const truth = toPatient(input.segmentation.grid, [0, 0, planned])
      for (const axis of [0, 1, 2]) expect(position[axis]).toBeCloseTo(truth[axis]!, 6)
    }
    const listed = items(ds, 'ReferencedSeriesSequence').map((one) => [
      text(one, 'SeriesInstanceUID'),
      items(one, 'ReferencedInstanceSequence').length,
    ])
    // Of the frames' sources alone: a viewer takes any other for the series on which they lie.
    const { seriesInstanceUid, instances } = input.referenceSeries
    expect(listed).toEqual([[seriesInstanceUid, instances.length]])
  })
})

describe('the segmentation object', () => {
  const made = async (change: (input: SegmentationInput) => SegmentationInput = (input) => input) => {
    const input = change(await inputFor(classicSeries))
    return { input, object: buildSegmentation(input), ds: readPart10(buildSegmentation(input).bytes).dataset }
  }

  it('is the same to the byte when it is built again, and another for another analysis', async () => {
    const input = await inputFor(classicSeries)
    const [one, two] = [buildSegmentation(input), buildSegmentation(structuredClone(input))]
    expect(Buffer.from(one.bytes).equals(Buffer.from(two.bytes))).toBe(true)
    const other = buildSegmentation({ ...input, result: { ...input.result, analysisId: 'another' } })
    expect([other.sopInstanceUid === one.sopInstanceUid, other.seriesInstanceUid === one.seriesInstanceUid]).toEqual([
      false,
      false,
    ])
    expect([one.sopInstanceUid, one.seriesInstanceUid, other.sopInstanceUid].every(isUid)).toBe(true)
  })

  it('belongs to the patient, study and frame of reference of its source, copied as they stand', async () => {
    const { input, ds } = await made()
    const source = input.referenceSeries.instances[0]!.metadata
    for (const keyword of [
      'PatientName',
      'PatientID',
      'PatientBirthDate',
      'PatientSex',
      'StudyDate',
      'StudyTime',
      'AccessionNumber',
    ]) {
      expect(ds[tagOf(keyword)]).toEqual(source[tagOf(keyword)])
    }
    expect(ds[tagOf('ReferringPhysicianName')]).toEqual({ vr: 'PN' })
    expect([text(ds, 'StudyInstanceUID'), text(ds, 'FrameOfReferenceUID')]).toEqual([STUDY_UID, FRAME_OF_REFERENCE])
    expect(text(ds, 'SpecificCharacterSet')).toBe('ISO_IR 192')
  })

  it('leaves an illegal age out rather than copying it', async () => {
    const withAge = (age: unknown) => (input: SegmentationInput) => {
      const change = (ds: DicomJson): DicomJson => ({ ...ds, [tagOf('PatientAge')]: { vr: 'AS', Value: [age] } })
      const instances = input.referenceSeries.instances.map((one) => ({ ...one, metadata: change(one.metadata) }))
      return { ...input, referenceSeries: { ...input.referenceSeries, instances } }
    }
    expect(has((await made(withAge('42'))).ds, 'PatientAge')).toBe(false)
    expect(text((await made(withAge('042Y'))).ds, 'PatientAge')).toBe('042Y')
  })

  it('codes its segments and names the algorithm', async () => {
    const { ds, input } = await made()
    const segments = items(ds, 'SegmentSequence')
    expect(segments.map((one) => number(one, 'SegmentNumber'))).toEqual([1, 2, 3])
    const code = (one: DicomJson, keyword: string) => {
      const [item] = items(one, keyword)
      return [text(item!, 'CodeValue'), text(item!, 'CodingSchemeDesignator')]
    }
    expect(segments.map((one) => code(one, 'SegmentedPropertyTypeCodeSequence'))).toEqual([
      ['6574001', 'SCT'],
      ['79654002', 'SCT'],
      ['C113842', 'NCIt'],
    ])
    for (const one of segments) {
      expect(code(one, 'SegmentedPropertyCategoryCodeSequence')).toEqual(['49755003', 'SCT'])
      expect(code(one, 'AnatomicRegionSequence')).toEqual(['12738006', 'SCT'])
      expect(text(one, 'SegmentAlgorithmType')).toBe('AUTOMATIC')
      const [algorithm] = items(one, 'SegmentationAlgorithmIdentificationSequence')
      expect([text(algorithm!, 'AlgorithmName'), text(algorithm!, 'AlgorithmVersion')]).toEqual([
        'Glioma test network',
        '1.2.3',
      ])
      expect(code(algorithm!, 'AlgorithmFamilyCodeSequence')).toEqual(['123110', 'DCM'])
      expect(isUid(text(one, 'TrackingUID'))).toBe(true)
    }
    expect(new Set(segments.map((one) => text(one, 'TrackingUID'))).size).toBe(3)
    const [equipment] = items(ds, 'ContributingEquipmentSequence')
    expect(code(equipment!, 'PurposeOfReferenceCodeSequence')).toEqual(['109102', 'DCM'])
    expect([isUid(text(equipment!, 'DeviceUID')), text(equipment!, 'DeviceSerialNumber')]).toEqual([
      true,
      input.result.bundle.digest,
    ])
    expect([text(ds, 'SegmentationType'), text(ds, 'SegmentsOverlap')]).toEqual(['BINARY', 'NO'])
  })

  it('indexes frames by segment and by the rank of positions in use, each once', async () => {
    const { ds } = await made()
    const indices = items(ds, 'PerFrameFunctionalGroupsSequence').map((group) =>
      numbers(items(group, 'FrameContentSequence')[0]!, 'DimensionIndexValues').join('/'),
    )
    // Segment 1 on slices 2..5, 2 on 1..5, 3 on 2..4 and one voxel on 1: positions 1..5 are in use.
    expect(indices).toEqual(['1/2', '1/3', '1/4', '1/5', '2/1', '2/2', '2/3', '2/4', '2/5', '3/1', '3/2', '3/3', '3/4'])
    expect(number(ds, 'NumberOfFrames')).toBe(indices.length)
    const pointers = items(ds, 'DimensionIndexSequence').map((one) => text(one, 'DimensionIndexPointer'))
    expect(pointers).toEqual([tagOf('ReferencedSegmentNumber'), tagOf('ImagePositionPatient')])
  })

  it('takes its times from the analysis, in the time zone of the study', async () => {
    const { ds } = await made()
    expect(['ContentDate', 'ContentTime', 'TimezoneOffsetFromUTC'].map((keyword) => text(ds, keyword))).toEqual([
      '20250314',
      '074109',
      '+0000',
    ])
    const zoned = await made((input) => {
      const instances = input.referenceSeries.instances.map((one) => ({
        ...one,
        metadata: { ...one.metadata, ...dataset({ TimezoneOffsetFromUTC: '-0930' }) },
      }))
      return { ...input, referenceSeries: { ...input.referenceSeries, instances } }
    })
    expect([text(zoned.ds, 'ContentDate'), text(zoned.ds, 'ContentTime')]).toEqual(['20250313', '221109'])
    expect(text(items(zoned.ds, 'ContributingEquipmentSequence')[0]!, 'ContributionDateTime')).toBe(
      '20250313221109-0930',
    )
  })

  it('keeps a segment without voxels, without frames', async () => {
    const labels = labelsOn(OBLIQUE)
    const without = { ...labels, data: labels.data.map((label) => (label === 1 ? 0 : label)) }
    const ds = readPart10(buildSegmentation(await inputFor(classicSeries, without)).bytes).dataset
    expect(items(ds, 'SegmentSequence')).toHaveLength(3)
    const referenced = items(ds, 'PerFrameFunctionalGroupsSequence').map((group) =>
      number(items(group, 'SegmentIdentificationSequence')[0]!, 'ReferencedSegmentNumber'),
    )
    expect(new Set(referenced)).toEqual(new Set([2, 3]))
  })

  it('numbers segments from one whatever the labels are', async () => {
    const labels = labelsOn(OBLIQUE)
    const input = await inputFor(classicSeries, {
      ...labels,
      data: labels.data.map((label) => (label === 3 ? 4 : label)),
    })
    const segments = input.result.segments.map((one) => (one.key === 'ET' ? { ...one, label: 4 } : one))
    const { bytes } = buildSegmentation({ ...input, result: { ...input.result, segments } })
    expect(Buffer.from(readBack(bytes, labels)).equals(Buffer.from(labels.data))).toBe(true)
  })

  it('says that its sources were lossy', async () => {
    const lossy = await made((input) => {
      const change = dataset({
        LossyImageCompression: '01',
        LossyImageCompressionRatio: [8.5],
        LossyImageCompressionMethod: ['ISO_10918_1'],
      })
      const otherSources = input.otherSources.map((series) => ({
        ...series,
        instances: series.instances.map((one) => ({ ...one, metadata: { ...one.metadata, ...change } })),
      }))
      return { ...input, otherSources }
    })
    expect([text(lossy.ds, 'LossyImageCompression'), numbers(lossy.ds, 'LossyImageCompressionRatio')]).toEqual([
      '01',
      [8.5],
    ])
    expect(texts((await made()).ds, 'LossyImageCompression')).toEqual(['00'])
  })
})

describe('what would make a wrong segmentation is refused', () => {
  const refused = async (change: (input: SegmentationInput) => SegmentationInput) => {
    const input = await inputFor(classicSeries)
    return refusalOf(() => buildSegmentation(change(input)))
  }
  const withReference = (input: SegmentationInput, referenceSeries: Series) => ({ ...input, referenceSeries })

  it('an empty label volume', async () => {
    const failure = await refused((input) => ({
      ...input,
      segmentation: { ...input.segmentation, data: new Uint8Array(38 * 23 * 7) },
    }))
    expect([failure.code, failure.message]).toEqual([
      'INTERNAL',
      'cannot build the segmentation: the label volume holds no labelled voxel; nothing found has no segmentation object',
    ])
  })

  it('a label that no segment declares', async () => {
    const failure = await refused((input) => ({
      ...input,
      result: { ...input.result, segments: input.result.segments.slice(0, 2) },
    }))
    expect(failure.message).toContain('label 3 is in the volume but no segment declares it')
  })

  it('slices in another order than their sources: a mirrored mask', async () => {
    const failure = await refused((input) => ({ ...input, sourceFrames: [...input.sourceFrames].reverse() }))
    expect(failure.message).toMatch(/slice 0 does not lie where its source 2\.25\.\d+ lies/)
  })

  it('source frames that do not match the grid or the series', async () => {
    expect((await refused((input) => ({ ...input, sourceFrames: input.sourceFrames.slice(1) }))).message).toContain(
      '6 source frames for 7 slices',
    )
    const stranger = { sopInstanceUid: '1.2.3', sopClassUid: '1.2' }
    expect(
      (await refused((input) => ({ ...input, sourceFrames: input.sourceFrames.map(() => stranger) }))).message,
    ).toContain('source 1.2.3 is not in the reference series')
  })

  it('a segment key without a code', async () => {
    const failure = await refused((input) => ({
      ...input,
      result: { ...input.result, segments: input.result.segments.map((one) => ({ ...one, key: 'XX' })) },
    }))
    expect([failure.code, failure.message]).toEqual([
      'BUNDLE_INVALID',
      'bundle glioma-test: no DICOM code is known for its segment key "XX"',
    ])
  })

  it('a reference series without a frame of reference', async () => {
    const failure = await refused((input) =>
      withReference(input, {
        ...input.referenceSeries,
        instances: input.referenceSeries.instances.map((one) => ({
          ...one,
          metadata: { ...one.metadata, ...dataset({ FrameOfReferenceUID: '' }) },
        })),
      }),
    )
    expect([failure.code, failure.message.includes('FrameOfReferenceUID is missing')]).toEqual([
      'SERIES_UNSUPPORTED',
      true,
    ])
  })
})

describe('colours', () => {
  it('are CIELab as DICOM encodes it', () => {
    // White, black and sRGB red, from the published conversion.
    expect(cieLab([255, 255, 255]).map((value) => Math.round(value / 257))).toEqual([255, 128, 128])
    expect(cieLab([0, 0, 0])).toEqual([0, 32896, 32896])
    const [l, a, b] = cieLab([255, 0, 0])
    expect(
      [(l * 100) / 65535, (a * 255) / 65535 - 128, (b * 255) / 65535 - 128].map((value) => Math.round(value)),
    ).toEqual([53, 80, 67])
    for (const { colour } of Object.values(SEGMENT_CONCEPTS))
      expect(colour.every((value) => value >= 0 && value <= 255)).toBe(true)
  })
})
