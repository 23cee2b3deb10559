// The generated study: what it holds, that it is the same each time, and that its images show its truth where it is.
import { beforeAll, describe, expect, it } from 'vitest'
import { rotate } from '../../demo/phantom/motion.ts'
import { type GeneratedSeries, type GeneratedStudy, generateStudy } from '../../demo/phantom/study.ts'
import { number, numbers, personName, text, texts } from '../../src/dicom/dataset.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { planSeries, VolumeBuilder } from '../../src/dicom/series-volume.ts'
import { type Sequence, type Series, STRUCTURAL } from '../../src/domain/study.ts'
import { toIndex, toPatient } from '../../src/domain/volume.ts'

const MINUTES = 60_000
let study: GeneratedStudy
let enhanced: GeneratedStudy
let faulty: GeneratedStudy

beforeAll(async () => {
  study = await generateStudy({ seed: 7, size: 'small' })
  enhanced = await generateStudy({
    seed: 7,
    size: 'small',
    enhanced: ['FLAIR', 'T1c'],
    omit: ['T2'],
    study: { accessionNumber: 'A-2' },
    transferSyntaxes: { flair: '1.2.840.10008.1.2.4.201' },
  })
  faulty = await generateStudy({
    seed: 7,
    size: 'small',
    faults: [
      { kind: 'missing-slice', sequence: 'FLAIR' },
      { kind: 'duplicate-slice', sequence: 'T2' },
      { kind: 'truncated-instance', sequence: 'T1c' },
      { kind: 'second-patient' },
    ],
  })
}, 15 * MINUTES)

const seriesOf = ({ series }: GeneratedStudy, sequence: Sequence): GeneratedSeries =>
  series.find((one) => one.sequence === sequence)!
const filesOf = ({ instances }: GeneratedStudy, { seriesInstanceUid }: GeneratedSeries) =>
  instances.filter((instance) => instance.seriesInstanceUid === seriesInstanceUid)
const headersOf = (of: GeneratedStudy, one: GeneratedSeries) =>
  filesOf(of, one).map(({ bytes }) => readPart10(bytes).dataset)

/** As an archive describes the series. */
function describeSeries(of: GeneratedStudy, one: GeneratedSeries): Series {
  const instances = headersOf(of, one).map((metadata) => ({
    sopInstanceUid: text(metadata, 'SOPInstanceUID'),
    sopClassUid: text(metadata, 'SOPClassUID'),
    metadata,
  }))
  return { seriesInstanceUid: one.seriesInstanceUid, modality: 'MR', instances }
}

async function decode(of: GeneratedStudy, one: GeneratedSeries) {
  const builder = new VolumeBuilder(planSeries(describeSeries(of, one)))
  for (const { bytes } of filesOf(of, one)) await builder.add(bytes)
  return builder.finish()
}

/** Pixel of a series where a point of the reference position lies; undefined outside. */
function valueAt(
  { grid, motion, slices }: GeneratedSeries,
  point: readonly [number, number, number],
): number | undefined {
  const moved = rotate(motion.rotation, point)
  const [x, y, z] = moved.map((value, axis) => value + motion.translation[axis]!) as [number, number, number]
  const [i, j, k] = toIndex(grid, [x, y, z]).map(Math.round) as [number, number, number]
  if (i < 0 || j < 0 || k < 0 || i >= grid.size[0] || j >= grid.size[1] || k >= grid.size[2]) return undefined
  return slices[k]![i + grid.size[0] * j]
}

/** Mean value per label (0: brain-sized ball on the healthy side, mirrored from the tumour). */
function meansOf(one: GeneratedSeries): [healthy: number, ncr: number, ed: number, et: number] {
  const { grid, data } = study.truth.labels
  const sums = [0, 0, 0, 0]
  const counts = [0, 0, 0, 0]
  const add = (label: number, value: number | undefined) => {
    if (value === undefined) return
    sums[label]! += value
    counts[label]!++
  }
  for (let at = 0; at < data.length; at++) {
    const label = data[at]!
    if (label === 0) continue
    const [x, y, z] = toPatient(grid, [
      at % grid.size[0],
      Math.floor(at / grid.size[0]) % grid.size[1],
      Math.floor(at / (grid.size[0] * grid.size[1])),
    ])
    add(label, valueAt(one, [x, y, z]))
    add(0, valueAt(one, [-x, y, z]))
  }
  return sums.map((sum, label) => sum / counts[label]!) as [number, number, number, number]
}

describe('the generated study', () => {
  it('is the same for the same seed: every instance that no fault touched has the same bytes', () => {
    const before = new Map(study.instances.map(({ sopInstanceUid, bytes }) => [sopInstanceUid, bytes]))
    const touched = faulty.instances.filter(({ sopInstanceUid, bytes }) => {
      const same = before.get(sopInstanceUid)
      return same === undefined || Buffer.compare(same, bytes) !== 0
    })
    expect(touched).toHaveLength(3)
    expect(faulty.studyInstanceUid).toBe(study.studyInstanceUid)
    expect(Buffer.compare(faulty.truth.labels.data, study.truth.labels.data)).toBe(0)
  })

  it('has unique UIDs and one study, patient and frame of reference', () => {
    expect(new Set(study.instances.map((instance) => instance.sopInstanceUid)).size).toBe(study.instances.length)
    const all = study.series.flatMap((one) => headersOf(study, one))
    expect(all).toHaveLength(study.instances.length)
    for (const keyword of ['StudyInstanceUID', 'FrameOfReferenceUID', 'PatientID', 'AccessionNumber', 'StudyDate']) {
      expect(new Set(all.map((ds) => text(ds, keyword))).size, keyword).toBe(1)
    }
    expect(personName(all[0]!, 'PatientName')).toBe('Gliabridge^Zoë=神経^膠子=グリア^ゾーイ')
    expect(personName(all[0]!, 'ReferringPhysicianName')).toBe('Müller^Jörg^^Dr.')
    expect(text(all[0]!, 'PatientAge')).toBe('058Y')
  })

  it('has four sequences with different orientations, slice distances, matrices and encodings, and four other series', () => {
    const four = STRUCTURAL.map((sequence) => seriesOf(study, sequence))
    const key = (values: readonly number[]) => values.map((value) => value.toFixed(3)).join()
    expect(new Set(four.map(({ grid }) => key(grid.direction))).size).toBe(4)
    expect(new Set(four.map(({ grid }) => grid.spacing[2])).size).toBe(4)
    expect(new Set(four.map(({ grid }) => key(grid.size))).size).toBe(4)
    expect(new Set(four.map(({ transferSyntaxUid }) => transferSyntaxUid)).size).toBe(4)
    const others = study.series.filter(({ sequence }) => sequence === undefined || sequence === 'ADC')
    expect(others.map(({ description }) => description)).toEqual([
      'Localizer 3 plane',
      'ep2d diff b0 b1000 tra',
      'ep2d diff ADC',
      'T1 MPRAGE post KM MPR tra',
    ])
  })

  it.each(STRUCTURAL)(
    '%s decodes through our reader to the values that were drawn, on the drawn grid',
    async (sequence) => {
      const drawn = seriesOf(study, sequence)
      const volume = await decode(study, drawn)
      expect(volume.grid.size).toEqual(drawn.grid.size)
      for (const corner of [
        [0, 0, 0],
        [5, 3, 2],
      ] as const) {
        const [expected, actual] = [toPatient(drawn.grid, corner), toPatient(volume.grid, corner)]
        for (const axis of [0, 1, 2] as const) expect(actual[axis]).toBeCloseTo(expected[axis], 3)
      }
      const plane = drawn.grid.size[0] * drawn.grid.size[1]
      let different = 0
      for (let at = 0; at < volume.data.length; at++) {
        if (volume.data[at] !== drawn.slices[Math.floor(at / plane)]![at % plane]) different++
      }
      expect(different).toBe(0)
    },
  )

  it('says in its headers what a scanner would', () => {
    const first = (sequence: Sequence) => headersOf(study, seriesOf(study, sequence))[0]!
    const flair = first('FLAIR')
    expect(texts(flair, 'ScanningSequence')).toEqual(['SE', 'IR'])
    expect([number(flair, 'RepetitionTime'), number(flair, 'EchoTime'), number(flair, 'InversionTime')]).toEqual([
      9000, 96, 2460,
    ])
    const contrast = STRUCTURAL.map((sequence) => text(first(sequence), 'ContrastBolusAgent') !== '')
    expect(contrast).toEqual([false, true, false, false])
    const t1 = first('T1')
    expect(number(t1, 'SliceThickness')).toBe(5)
    expect(number(t1, 'SpacingBetweenSlices')).toBe(6)
    expect(text(t1, 'PatientPosition')).toBe('HFS')
    expect(text(t1, 'SeriesTime') < text(first('T1c'), 'SeriesTime')).toBe(true)
    const dwi = headersOf(study, study.series.find(({ description }) => description.includes('b1000'))!)
    expect([...new Set(dwi.map((ds) => number(ds, 'DiffusionBValue')))]).toEqual([0, 1000])
    const adc = headersOf(study, study.series.find(({ description }) => description.includes('ADC'))!)
    expect(texts(adc[0]!, 'ImageType')[0]).toBe('DERIVED')
  })

  it('has a localizer that is no volume', () => {
    expect(() => planSeries(describeSeries(study, study.series[0]!))).toThrowError(/orientations/)
  })

  it('has a truth that differs from its mirror image in all three axes, with the volumes that its voxels add up to', () => {
    const { grid, data } = study.truth.labels
    const [nx, ny, nz] = grid.size
    expect(grid.spacing).toEqual([1, 1, 1])
    const counts = [0, 0, 0, 0]
    const overlap = [0, 0, 0]
    for (let k = 0, at = 0; k < nz; k++) {
      for (let j = 0; j < ny; j++) {
        for (let i = 0; i < nx; i++, at++) {
          const label = data[at]!
          counts[label]!++
          if (label === 0) continue
          if (data[nx - 1 - i + nx * (j + ny * k)] === label) overlap[0]!++
          if (data[i + nx * (ny - 1 - j + ny * k)] === label) overlap[1]!++
          if (data[i + nx * (j + ny * (nz - 1 - k))] === label) overlap[2]!++
        }
      }
    }
    const whole = counts[1]! + counts[2]! + counts[3]!
    for (const same of overlap) expect(same / whole).toBeLessThan(0.5)
    const { NCR, ED, ET } = study.truth.volumesMl
    expect([NCR, ED, ET]).toEqual(counts.slice(1).map((count) => count / 1000))
    expect(NCR).toBeGreaterThan(2)
    expect(ET).toBeGreaterThan(4)
    expect(ED).toBeGreaterThan(15)
  })

  it('shows the truth where it is, with the contrast of each sequence', () => {
    const [t1, t1c, t2, flair] = STRUCTURAL.map((sequence) => meansOf(seriesOf(study, sequence))) as unknown as [
      number[],
      number[],
      number[],
      number[],
    ]
    const [HEALTHY, NCR, ED, ET] = [0, 1, 2, 3] as const
    expect(t1c[ET]! / t1c[HEALTHY]!).toBeGreaterThan(1.5)
    expect(t1c[NCR]! / t1c[ET]!).toBeLessThan(0.5)
    expect(flair[ED]! / flair[HEALTHY]!).toBeGreaterThan(1.3)
    expect(flair[NCR]! / flair[ED]!).toBeLessThan(0.85)
    expect(t2[NCR]! / t2[HEALTHY]!).toBeGreaterThan(1.3)
    expect(t1[ED]! / t1[HEALTHY]!).toBeLessThan(0.97)
    expect(t1[NCR]! / t1[HEALTHY]!).toBeLessThan(0.8)
  })

  it('has small patient movement between series, none in the reference', () => {
    for (const { motion, sequence } of study.series) {
      const shift = Math.hypot(...motion.translation)
      const degrees =
        (Math.acos((motion.rotation[0]! + motion.rotation[4]! + motion.rotation[8]! - 1) / 2) * 180) / Math.PI
      if (sequence === 'T1c') expect(shift).toBe(0)
      if (sequence !== undefined && sequence !== 'T1c') {
        expect(shift).toBeGreaterThan(0.9)
        expect(shift).toBeLessThan(3)
        expect(degrees).toBeGreaterThan(0.9)
        expect(degrees).toBeLessThan(3)
      }
    }
  })
})

describe('options of the generated study', () => {
  it('leaves out sequences and takes other identifiers', () => {
    expect(enhanced.series.map(({ sequence }) => sequence).filter(Boolean)).toEqual(['T1', 'ADC', 'FLAIR', 'T1c'])
    expect(text(headersOf(enhanced, enhanced.series[0]!)[0]!, 'AccessionNumber')).toBe('A-2')
  })

  it.each(['FLAIR', 'T1c'] as const)('writes %s as one Enhanced MR image with the same voxels', async (sequence) => {
    const one = seriesOf(enhanced, sequence)
    const files = headersOf(enhanced, one)
    expect(files).toHaveLength(1)
    expect(text(files[0]!, 'SOPClassUID')).toBe('1.2.840.10008.5.1.4.1.1.4.1')
    expect(number(files[0]!, 'NumberOfFrames')).toBe(one.grid.size[2])
    const volume = await decode(enhanced, one)
    const classic = await decode(study, seriesOf(study, sequence))
    expect(Buffer.compare(Buffer.from(volume.data.buffer), Buffer.from(classic.data.buffer))).toBe(0)
  })
})

describe('faults of the generated study', () => {
  it('a missing slice is a gap, a duplicate slice is at the same position', () => {
    expect(() => planSeries(describeSeries(faulty, seriesOf(faulty, 'FLAIR')))).toThrowError(/1 missing/)
    const twice = planSeries(describeSeries(faulty, seriesOf(faulty, 'T2')))
    expect([twice.doubles.size, twice.frames.length]).toEqual([1, seriesOf(faulty, 'T2').grid.size[2]])
  })

  it('one instance names another patient', () => {
    const ids = headersOf(faulty, seriesOf(faulty, 'T1')).map((ds) => text(ds, 'PatientID'))
    expect(ids.filter((id) => id !== 'GB-DEMO-0001')).toEqual(['GB-OTHER-0002'])
  })

  it('a truncated instance cannot be read', () => {
    const short = filesOf(faulty, seriesOf(faulty, 'T1c')).filter(({ bytes, sopInstanceUid }) => {
      const whole = study.instances.find((instance) => instance.sopInstanceUid === sopInstanceUid)!
      return bytes.length < whole.bytes.length
    })
    expect(short).toHaveLength(1)
    expect(() => readPart10(short[0]!.bytes).frames()).toThrowError(short[0]!.sopInstanceUid)
  })
})

it('keeps numbers of ImagePositionPatient within 16 characters', () => {
  const t2 = headersOf(study, seriesOf(study, 'T2'))
  for (const ds of t2)
    for (const value of numbers(ds, 'ImagePositionPatient')) expect(String(value).length).toBeLessThanOrEqual(16)
})
