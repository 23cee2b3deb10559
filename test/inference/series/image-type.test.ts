// Image types (PS3.3 C.7.6.1.1.2 and C.8.3.1.1.1) as scanners and consoles write them: what is acquired is taken, what is made of it is not.
import { describe, expect, it } from 'vitest'
import { dataset, tagOf } from '../../../src/dicom/dataset.ts'
import type { DicomJson } from '../../../src/domain/study.ts'
import { seriesFacts } from '../../../src/inference/series/facts.ts'
import { selectSeries } from '../../../src/inference/series/select-series.ts'
import { type Headers, series, study } from './headers.ts'

const bundle = {
  sequences: {
    T1: { channel: 0, required: false },
    T1c: { channel: 1, required: false },
    T2: { channel: 2, required: false },
    FLAIR: { channel: 3, required: false },
  },
}
const T1: Headers = { description: 't1 tra', scanning: 'SE', tr: 500, te: 9, slices: 30, time: '100000' }
const T2: Headers = { description: 't2 tra', scanning: 'SE', tr: 5000, te: 100, slices: 30, time: '100400' }
const FLAIR: Headers = {
  description: 'flair',
  scanning: 'SE\\IR',
  tr: 9000,
  te: 90,
  ti: 2500,
  slices: 30,
  time: '100800',
}
const T1C: Headers = { ...T1, description: 't1 tra KM', time: '101200' }

/** What a study of T1, T2, FLAIR and these does with the last. */
function last(...more: Headers[]) {
  const { decisions, hold, unused } = selectSeries(study([T1, T2, FLAIR, ...more]), bundle)
  const { sequence, reasons } = decisions.at(-1)!
  return { sequence, why: reasons.join('; '), hold: hold?.code, unused: unused.map((one) => one.sequence) }
}

describe('an acquired image', () => {
  it.each([
    'ORIGINAL\\PRIMARY\\M\\ND',
    'ORIGINAL\\PRIMARY\\M\\NORM\\DIS3D\\DIS2D',
    'ORIGINAL\\PRIMARY\\OTHER',
    'ORIGINAL\\PRIMARY\\M_SE\\M\\SE',
    'ORIGINAL\\PRIMARY',
    'ORIGINAL\\PRIMARY\\T1\\NONE',
    'DERIVED\\PRIMARY\\M\\NORM\\DIS2D',
    'DERIVED\\PRIMARY\\M\\DIS3D',
  ])('is taken: %s', (imageType) => {
    expect(last({ ...T1C, imageType })).toMatchObject({ sequence: 'T1c', hold: undefined })
  })

  it.each(['KM MPR', 'KM Plan', 'KM dyn', 'KM sub', 'KM map', 'KM fMRI anat', 'KM pd', 'KM b1'])(
    'is taken whatever one word says: %s',
    (words) => {
      expect(last({ ...T1C, description: `t1 tra ${words}` })).toMatchObject({ sequence: 'T1c', hold: undefined })
    },
  )

  it('is preferred to every image that is made of it, in whatever order they come', () => {
    const made = [
      'DERIVED\\SECONDARY\\MPR',
      'DERIVED\\PRIMARY\\M\\SUB',
      'DERIVED\\SECONDARY\\MIP',
      'DERIVED\\PRIMARY\\OTHER',
    ]
    for (const imageType of made) {
      const copy = { ...T1C, imageType, slices: 60, spacing: 2.5 }
      expect(last(copy, T1C)).toMatchObject({ sequence: 'T1c', hold: undefined })
      expect(last(T1C, copy)).toMatchObject({ sequence: undefined, hold: undefined })
    }
  })
})

describe('an acquired series with an instance that was filed under it', () => {
  const withOne = (change: DicomJson, place: 'first' | 'last') => {
    const all = study([T1, T2, FLAIR, { ...T1C, agent: 'Dotarem' }])
    const one = all.series[3]!
    const stray = {
      ...one.instances[4]!,
      sopInstanceUid: '1.2.3.4.900',
      metadata: { ...one.instances[4]!.metadata, ...change },
    }
    const instances = place === 'first' ? [stray, ...one.instances] : [...one.instances, stray]
    return selectSeries({ ...all, series: [...all.series.slice(0, 3), { ...one, instances }] }, bundle)
  }

  it.each([
    ['a scout slice', dataset({ ImageOrientationPatient: [1, 0, 0, 0, 0, -1] })],
    ['a projection', dataset({ ImageType: ['DERIVED', 'SECONDARY', 'MIP'] })],
  ])('is taken as T1c, and what is passed over is named: %s', (_what, change) => {
    for (const place of ['first', 'last'] as const) {
      const { decisions, hold, unused } = withOne(change, place)
      expect([decisions.map(({ sequence }) => sequence), hold, unused]).toEqual([
        ['T1', 'T2', 'FLAIR', 'T1c'],
        undefined,
        [],
      ])
      expect(decisions[3]!.reasons.join()).toMatch(/passed over 1 of its instances: .* \(first 1\.2\.3\.4\.900\)/)
    }
  })
})

describe('an image made of the sequence, without the one that was acquired', () => {
  it.each([
    ['DERIVED\\SECONDARY\\MPR', 't1 tra KM'],
    ['DERIVED\\PRIMARY\\MPR\\ND\\NORM', 't1 KM MPR tra'],
    ['DERIVED\\SECONDARY\\REFORMATTED\\AVERAGE', 'T1 +C Reformat'],
    ['DERIVED\\SECONDARY\\OTHER', 't1 tra KM'],
  ])('holds the study rather than going on without T1c: %s (%s)', (imageType, description) => {
    expect(last({ ...T1C, imageType, description })).toMatchObject({ sequence: undefined, hold: 'SERIES_UNSUPPORTED' })
  })

  it('is noted where a site wants no hold for it', () => {
    const all = study([T1, T2, FLAIR, { ...T1C, imageType: 'DERIVED\\SECONDARY\\MPR' }])
    const { hold, unused } = selectSeries(all, bundle, {}, { policy: { T1c: 'note' } })
    expect([hold, unused.map(({ sequence }) => sequence)]).toEqual([undefined, ['T1c']])
  })
})

describe('an image of something else', () => {
  it.each([
    ['DERIVED\\PRIMARY\\M\\SUB', 'subtraction'],
    ['DERIVED\\SECONDARY\\SUBTRACTION', 'subtraction'],
    ['DERIVED\\PRIMARY\\PROJECTION IMAGE\\MIP', 'a projection'],
    ['DERIVED\\SECONDARY\\REFORMATTED\\MIN_IP', 'a projection'],
    ['ORIGINAL\\PRIMARY\\LOCALIZER', 'localizer'],
    ['DERIVED\\PRIMARY\\T1 MAP\\ND', 'a computed map'],
    ['ORIGINAL\\PRIMARY\\P\\ND', 'no magnitude image'],
    ['DERIVED\\SECONDARY\\SCREEN SAVE', 'a screen capture'],
    ['DERIVED\\PRIMARY\\DIFFUSION\\ADC', 'diffusion'],
    ['DERIVED\\PRIMARY\\F\\F\\DERIVED', 'the fat image'],
    ['ORIGINAL\\PRIMARY\\M\\DIXON\\OPP_PHASE', 'the opposed phase image'],
  ])('is left, and no sequence is missed for it: %s', (imageType, reason) => {
    const found = last({ ...T1C, imageType })
    expect(found).toMatchObject({ sequence: undefined, hold: undefined, unused: [] })
    expect(found.why).toContain(reason)
  })

  it('is left by its slices: three planes are a localizer, a few thick slices are no head', () => {
    expect(last({ ...T1C, mixed: true }).why).toContain('localizer or several stacks')
    expect(last({ ...T1C, slices: 3 }).why).toContain('too few slices')
    expect(last({ ...T1C, slices: 12, spacing: 20 }).why).toContain('slices 20.0 mm apart')
  })
})

describe('a Dixon acquisition', () => {
  const parts = {
    Philips: ['W\\W\\DERIVED', 'F\\F\\DERIVED', 'IP\\IP\\DERIVED', 'OP\\OP\\DERIVED'],
    Siemens: ['M\\DIXON\\WATER', 'M\\DIXON\\FAT', 'M\\DIXON\\IN_PHASE', 'M\\DIXON\\OPP_PHASE'],
    GE: ['DIXON\\WATER', 'DIXON\\FAT', 'DIXON\\IN_PHASE', 'DIXON\\OUT_PHASE'],
  }
  it.each(Object.entries(parts))('of %s gives its water image, in whatever order its series come', (_vendor, types) => {
    const all = types.map((type) => ({ ...T1C, imageType: `DERIVED\\PRIMARY\\${type}` }))
    for (const order of [all, all.toReversed()]) {
      const { decisions, hold } = selectSeries(study([T1, T2, FLAIR, ...order]), bundle)
      const taken = decisions.findIndex(({ sequence }) => sequence === 'T1c') - 3
      expect([order[taken]?.imageType, hold]).toEqual([all[0]!.imageType, undefined])
    }
  })

  it('gives its image in phase where no water image was sent', () => {
    const all = [1, 2].map((n) => ({ ...T1C, imageType: `DERIVED\\PRIMARY\\${parts.Siemens[n]}` }))
    expect(last(...all)).toMatchObject({ sequence: 'T1c', hold: undefined })
  })

  it('is told by its descriptions where ImageType says nothing', () => {
    const named = ['FAT: ', 'OutPhase: ', 'InPhase: ', 'WATER: '].map((part) => ({
      ...T1C,
      description: `${part}T1 +C`,
    }))
    expect(last(...named)).toMatchObject({ sequence: 'T1c', hold: undefined })
    // A word that begins with the letter is none.
    expect(last({ ...T1C, description: 'F/U T1 +C' })).toMatchObject({ sequence: 'T1c' })
  })
})

describe('magnetisation transfer', () => {
  const withTransfer = { ...T1C, variant: 'MTC\\SP', description: 't1 mt KM' }
  it('of a T1 spin echo after contrast is taken where there is no other', () => {
    expect(last(withTransfer)).toMatchObject({ sequence: 'T1c', hold: undefined })
    expect(last(withTransfer, T1C)).toMatchObject({ sequence: 'T1c' })
    expect(last(T1C, withTransfer).why).toContain('this one may be magnetisation transfer')
  })
  it('of a gradient echo is a measurement, not T1', () => {
    const found = last({ ...T1C, scanning: 'GR', variant: 'MTC', tr: 30, te: 5, flip: 15 })
    expect(found).toMatchObject({ sequence: undefined, unused: [] })
  })
})

describe('a study across midnight', () => {
  it('keeps its order where only StudyDate tells the day', () => {
    const times = ['235500', '000500'].map((AcquisitionTime) => {
      const one = series({ ...T1, time: '' }, 1)
      for (const { metadata } of one.instances) {
        delete metadata[tagOf('AcquisitionDate')]
        metadata[tagOf('StudyDate')] = { vr: 'DA', Value: ['20260301'] }
        metadata[tagOf('StudyTime')] = { vr: 'TM', Value: ['234000'] }
        metadata[tagOf('AcquisitionTime')] = { vr: 'TM', Value: [AcquisitionTime] }
      }
      return seriesFacts(one).acquiredAt
    })
    expect(times).toEqual(['20260301235500', '20260301240500'])
  })
})
