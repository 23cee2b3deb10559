// Which series is taken for which sequence, by headers as vendors write them, and what is held; each rule on its own.
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SEQUENCES, type Sequence } from '../../../src/domain/study.ts'
import type { SeriesOverrides } from '../../../src/inference/series/overrides.ts'
import { selectSeries } from '../../../src/inference/series/select-series.ts'
import { type Headers, series, study } from './headers.ts'

const bundle = {
  sequences: {
    T1: { channel: 0, required: false },
    T1c: { channel: 1, required: true },
    T2: { channel: 2, required: false },
    FLAIR: { channel: 3, required: true },
  },
}

/** "T1", "T1c", "T2", "FLAIR" or "left" per series, in order; and the hold's code. */
function outcome(all: Headers[], overrides: SeriesOverrides = {}) {
  const selection = selectSeries(study(all), bundle, overrides)
  return {
    got: selection.decisions.map((d) => (d.selected ? d.sequence! : 'left')),
    hold: selection.hold?.code,
    message: selection.hold?.message ?? '',
    reasons: selection.decisions.map((d) => d.reasons.join('; ')),
    selection,
  }
}

/** Headers as the vendors write them, a file each, with what every series is to be. Times are HHMMSS of the acquisition. */
const VENDORS = readdirSync(new URL('vendors/', import.meta.url)).map((name) => {
  const text = readFileSync(new URL(`vendors/${name}`, import.meta.url), 'utf8')
  const file = JSON.parse(text) as { vendor: string; series: (Headers & { expected: string })[] }
  return {
    vendor: file.vendor,
    all: file.series.map(({ expected: _, ...headers }): Headers => headers),
    expected: file.series.map(({ expected }) => expected),
  }
})
const seriesOf = (vendor: string) => VENDORS.find((one) => one.vendor === vendor)!.all
const SIEMENS = seriesOf('Siemens')
const GE = seriesOf('GE')

describe('maps that a bundle declares', () => {
  const withMaps = {
    sequences: { ...bundle.sequences, ADC: { channel: 4, required: false }, rCBV: { channel: 5, required: false } },
  }
  const adc = SIEMENS.find(({ description }) => description?.endsWith('_ADC'))!
  const rcbv = GE.find(({ description }) => description?.endsWith('rCBV'))!
  const taken = (all: Headers[], overrides: SeriesOverrides = {}) =>
    selectSeries(study(all), withMaps, overrides).decisions.map((d) => d.sequence ?? d.reasons[0])

  it.each([
    ['ADC by ImageType', adc, 'ADC'],
    ['rCBV by ImageType', rcbv, 'rCBV'],
    [
      'ADC by its words',
      { ...adc, imageType: 'DERIVED\\PRIMARY\\DIFFUSION', description: 'Apparent Diffusion Coeff.' },
      'ADC',
    ],
    ['rCBV by its words', { ...rcbv, imageType: 'DERIVED\\SECONDARY', description: 'rel CBV leakage corr' }, 'rCBV'],
    [
      'another map of a protocol that is named after ADC',
      { ...adc, imageType: 'DERIVED\\PRIMARY\\TRACEW' },
      /^diffusion/,
    ],
    ['eADC', { ...adc, imageType: 'DERIVED\\PRIMARY\\EADC', description: 'eADC' }, /^diffusion/],
    ['what is both', { ...adc, imageType: 'DERIVED\\PRIMARY\\ADC\\RCBV' }, /^diffusion/],
    ['the acquired images', { ...adc, imageType: 'ORIGINAL\\PRIMARY\\DIFFUSION', bValue: 1000 }, /^diffusion/],
    [
      'a cerebral blood flow',
      { ...rcbv, imageType: 'DERIVED\\SECONDARY\\RCBF', description: 'rCBV rCBF' },
      /^perfusion/,
    ],
    ['a colour image', { ...rcbv, photometric: 'RGB' }, /^a colour image \(PhotometricInterpretation RGB\)/],
    ['slices too far apart', { ...adc, spacing: 10 }, /^slices 10\.0 mm apart/],
    ['several images per position', { ...adc, repeats: 4 }, /^a time series/],
    ['another part of the body', { ...adc, bodyPart: 'PROSTATE' }, /^other body part/],
  ] satisfies [string, Headers, string | RegExp][])('tells %s', (_name, headers, expected) => {
    const [got] = taken([headers])
    if (typeof expected === 'string') expect(got).toBe(expected)
    else expect(got).toMatch(expected)
  })

  it('leaves them where no bundle asks, and never takes a sequence less for them', () => {
    const maps = [adc, rcbv]
    expect(outcome([...SIEMENS, rcbv]).got.filter((one) => one === 'ADC' || one === 'rCBV')).toEqual([])
    const without = selectSeries(study(SIEMENS), bundle).decisions.flatMap((d) => d.sequence ?? [])
    const all = taken([...SIEMENS.filter((one) => !maps.includes(one)), ...maps])
    expect(all.slice(-2)).toEqual(['ADC', 'rCBV'])
    expect(all.filter((one) => without.includes(one as Sequence))).toEqual(without)
  })

  it('holds for a person when two maps fit equally well, unless the settings name one', () => {
    const two = selectSeries(study([...SIEMENS, { ...adc }]), withMaps)
    expect(two.hold).toMatchObject({ code: 'SERIES_AMBIGUOUS' })
    const second = `1.2.3.${SIEMENS.length + 1}`
    const named = selectSeries(study([...SIEMENS, { ...adc }]), withMaps, { ADC: second })
    expect(named.hold).toBeUndefined()
    expect(named.chosen.ADC?.seriesInstanceUid).toBe(second)
  })
})

describe('studies of each vendor', () => {
  it.each(VENDORS)('$vendor', ({ all, expected }) => {
    const { got, hold, reasons } = outcome(all)
    expect(got, reasons.join('\n')).toEqual(expected)
    expect(hold).toBeUndefined()
  })

  it('gives readable reasons', () => {
    const { reasons } = outcome(SIEMENS)
    expect(reasons[1]).toContain('TR 2300 ms, TE 3 ms, TI 900 ms: T1-weighted inversion recovery')
    expect(reasons[1]).toContain('acquired before series 5, which had contrast')
    expect(reasons[3]).toContain('TR 9000 ms, TE 81 ms, TI 2500 ms: FLAIR')
    expect(reasons[4]).toContain('diffusion (ImageType DIFFUSION)')
    expect(reasons[8]).toContain('echo-planar')
    expect(reasons[9]).toContain('ContrastBolusAgent is set, and the description says with contrast')
    expect(reasons[10]).toContain('reformatted from another series')
  })
})

const t1: Headers = { description: 't1 se', scanning: 'SE', tr: 500, te: 10, slices: 25, spacing: 5, time: '100000' }
const t1c: Headers = { ...t1, description: 't1 se', agent: 'Dotarem', time: '110000' }
const t2: Headers = { description: 't2 tse', scanning: 'SE', tr: 4000, te: 100, slices: 25, spacing: 5, time: '101000' }
const flair: Headers = {
  description: 'flair',
  scanning: 'SE\\IR',
  tr: 9000,
  te: 120,
  ti: 2500,
  slices: 25,
  spacing: 5,
  time: '102000',
}

describe('weighting by physics', () => {
  it.each<[string, Headers, Sequence | 'left', string]>([
    ['3D T2 SPACE', { ...t2, is3d: true, tr: 3200, te: 408 }, 'T2', 'T2-weighted'],
    ['3D T1 SPACE', { ...t1, is3d: true, tr: 600, te: 11 }, 'T1', 'T1-weighted'],
    ['STIR', { ...flair, description: 'ax', tr: 4000, te: 40, ti: 160 }, 'left', 'short-tau'],
    ['FLAIR without TI', { ...flair, ti: undefined }, 'FLAIR', 'InversionTime is absent'],
    ['proton density', { ...t2, description: 'ax', te: 14 }, 'left', 'proton density'],
    ['dual echo', { ...t2, te: 14, secondTe: 98, repeats: 2 }, 'T2', 'passed over 25 of its instances: the early echo'],
    ['two late echoes', { ...t2, te: 80, secondTe: 160, repeats: 2 }, 'left', 'several echoes'],
    ['T2* gradient echo', { ...t1, description: 'ax', scanning: 'GR', tr: 700, te: 20 }, 'left', 'T2*'],
    [
      'bSSFP',
      { ...t1, description: 'ax', scanning: 'GR', variant: 'SS', flip: 60, tr: 5, te: 2.3 },
      'left',
      'steady-state',
    ],
    [
      'low flip angle',
      { ...t1, description: 'ax', scanning: 'GR', variant: 'SP', flip: 3, tr: 6, te: 2.3 },
      'left',
      'low flip angle',
    ],
    ['words against physics', { ...t2, description: 't1 tse' }, 'T2', 'the headers decide'],
    ['words alone', { ...t2, tr: undefined, te: undefined }, 'T2', 'T2 in the description'],
    ['neither', { ...t2, description: 'brain', tr: undefined, te: undefined }, 'left', 'no evidence'],
    [
      'FLAIR by words',
      { ...flair, description: 'T2 dark fluid', tr: undefined, te: undefined, ti: undefined },
      'FLAIR',
      'FLAIR in the description',
    ],
    ['between T1 and T2', { ...t1, description: 'ax', tr: 1600, te: 50 }, 'left', 'neither T1- nor T2-weighted'],
  ])('%s', (_name, headers, expected, reason) => {
    const { got, reasons } = outcome([headers, ...(expected === 'FLAIR' ? [] : [flair]), t1c])
    expect(got[0], reasons[0]).toBe(expected)
    expect(reasons[0]).toContain(reason)
  })
})

describe('series that are left', () => {
  it.each<[string, Headers, string]>([
    ['another modality', { ...t2, modality: 'CT' }, 'Modality is CT'],
    ['a segmentation', { ...t2, modality: 'MR', sopClass: '1.2.840.10008.5.1.4.1.1.66.4' }, 'not MR images'],
    ['a spine by body part', { ...t2, bodyPart: 'CSPINE' }, 'other body part (CSPINE)'],
    ['a spine by description', { ...t2, description: 'T2 sag HWS', bodyPart: '' }, 'other body part'],
    ['too few slices', { ...t2, slices: 7 }, 'too few slices'],
    ['thick slices', { ...t2, slices: 15, spacing: 10 }, '10.0 mm apart'],
    ['a slab', { ...t2, slices: 12, spacing: 3 }, 'covers only 36 mm'],
    ['a small field of view', { ...t2, slices: 60, spacing: 2, pixel: 0.4 }, 'field of view of only 102 mm'],
    ['mixed orientations', { ...t2, mixed: true }, 'slice orientations'],
    ['no positions', { ...t2, noPositions: true }, 'no slice positions'],
    ['a time series', { ...t1, repeats: 20 }, 'a time series: 500 images at 25 slice positions'],
    ['a subtraction', { ...t1c, description: 't1 se SUB' }, 'subtraction'],
    ['a phase image', { ...t1, imageType: 'ORIGINAL\\PRIMARY\\P\\ND' }, 'no magnitude image'],
    ['a derived image', { ...t1, imageType: 'DERIVED\\PRIMARY\\OTHER' }, 'derived from other images'],
    ['a T1 map', { ...t1, imageType: 'DERIVED\\PRIMARY\\T1 MAP\\ND' }, 'a computed map'],
    ['magnetisation transfer', { ...t1, variant: 'MTC' }, 'magnetisation transfer'],
    ['arterial spin labelling', { ...t1, imageType: 'ORIGINAL\\PRIMARY\\ASL' }, 'perfusion'],
    ['tractography', { ...t2, description: 'DTI 64 dir' }, 'diffusion'],
    ['Spanish diffusion', { ...t2, description: 'difusión axial' }, 'diffusion'],
    ['Chinese localizer', { ...t2, description: '定位像' }, 'localizer'],
  ])('%s', (_name, headers, reason) => {
    const { got, reasons } = outcome([headers, flair, t1c])
    expect(got).toEqual(['left', 'FLAIR', 'T1c'])
    expect(reasons[0]).toContain(reason)
  })

  it('but not one that scanners only corrected', () => {
    expect(outcome([{ ...t2, imageType: 'DERIVED\\PRIMARY\\M\\DIS2D' }, flair, t1c]).got[0]).toBe('T2')
  })
})

describe('contrast in words', () => {
  const WITH =
    'T1 post|T1 post Gd|t1_mprage_+C|T1+C|AX T1 C+|T1 GD|T1 gado|T1 w contrast|t1 nach KM|T1 KM|t1 mit Kontrastmittel|T1 après injection|T1 apres gado|T1 con contraste|T1 postcontraste|' +
    'T1 con mdc|T1 dopo mdc|T1 com contraste|T1 pós contraste|T1 após gadolínio|T1 na contrast|T1 met gado|T1 efter kontrast|T1 med kontrast|T1 造影後|T1 造影|T1 增强|T1WI增强|T1 조영증강|' +
    'T1 po kontraście|T1 z kontrastem|T1 po podaniu Gd|T1 po KL|T1 с контрастом|T1 kontrastlı|SAG T1 MPRAGE POST|3D T1 CE|t1ce|T1c'
  it.each(WITH.split('|'))('%s is with', (description) => {
    const { got, reasons } = outcome([{ ...t1, description }, flair])
    expect(got[0], reasons[0]).toBe('T1c')
  })

  const WITHOUT =
    'T1 pre|T1 pre Gd|T1 pre contrast|T1 w/o contrast|T1 without contrast|T1 non contrast|T1 ohne KM|T1 nativ|T1 vor KM|T1 sans injection|T1 avant gado|T1 sin contraste|T1 s/c|T1 senza mdc|' +
    'T1 sem contraste|T1 zonder contrast|T1 blanco|T1 utan kontrast|T1 造影前|T1 単純|T1 平扫|T1 bez kontrastu|T1 przed kontrastem|T1 без контраста'
  it.each(WITHOUT.split('|'))('%s is without', (description) => {
    const { got, reasons } = outcome([{ ...t1, description }, { ...t1c, time: '090000' }, flair])
    expect(got[0], reasons[0]).toBe('T1')
  })

  it.each(['T1 postop', 'T1 posterior', 'T1 tra', 'T1 sag', 'T1 post op', 'T1 3D iso'])(
    '%s says nothing',
    (description) => {
      const { got, reasons } = outcome([{ ...t1, description }, t1c, flair])
      expect(got[0]).toBe('T1')
      expect(reasons[0]).toContain('acquired before series 2, which had contrast')
    },
  )

  it('does not read the name of the whole examination when the series has one of its own', () => {
    expect(outcome([{ ...t1, protocol: 'Brain with contrast' }, t1c, flair]).got[0]).toBe('T1')
    expect(outcome([{ ...t1, description: '', protocol: 'T1 with contrast' }, flair]).got[0]).toBe('T1c')
  })
})

describe('what cannot be told is held', () => {
  it('a study without contrast names what is missing and what was found', () => {
    const { hold, message, got } = outcome([t1, t2, flair])
    expect(hold).toBe('SERIES_MISSING')
    expect(got).toEqual(['T1', 'T2', 'FLAIR'])
    expect(message).toBe(
      'no usable series for T1c; found: T1 in series 1, T2 in series 2, FLAIR in series 3; 0 of 3 series not taken',
    )
  })

  it('a bundle that needs one of several takes either, and is held without both or when contrast cannot be told', () => {
    const free = Object.fromEntries(
      Object.entries(bundle.sequences).map(([name, { channel }]) => [name, { channel, required: false }]),
    ) as typeof bundle.sequences
    const either = { sequences: free, require_any: ['T1c', 'FLAIR'] satisfies Sequence[] as Sequence[] }
    const holdOf = (...all: Headers[]) => selectSeries(study(all), either).hold
    expect(holdOf(t1c)).toBeUndefined()
    expect(holdOf(t1, t2, flair)).toBeUndefined()
    expect(holdOf(t1, t2)?.message).toContain('no usable series for T1c or FLAIR; found: T1 in series 1')
    expect(holdOf(t1c, { ...t1c, time: '113000' })?.code).toBe('SERIES_AMBIGUOUS')
    expect(holdOf({ ...t1c, description: 't1 nativ' }, flair)?.message).toContain('whether series 1 had contrast')
  })

  it('an empty study, and one of localizers only', () => {
    expect(outcome([]).hold).toBe('SERIES_MISSING')
    const { hold, message } = outcome([SIEMENS[0]!])
    expect(hold).toBe('SERIES_MISSING')
    expect(message).toContain('no usable series for T1c, FLAIR; found: none of the sequences; 1 of 1 series not taken')
  })

  it('two equal candidates, naming their numbers', () => {
    const { hold, message, got, reasons } = outcome([t1c, flair, { ...flair, time: '103000' }])
    expect(hold).toBe('SERIES_AMBIGUOUS')
    expect(message).toContain('FLAIR: series 2, 3 fit equally well')
    expect(got).toEqual(['T1c', 'left', 'left'])
    expect(reasons[1]).toContain('a person must choose')
  })

  it('headers and description that contradict each other on contrast', () => {
    const contrary = { ...t1c, description: 't1 nativ' }
    const alone = outcome([contrary, flair])
    expect(alone.hold).toBe('SERIES_AMBIGUOUS')
    expect(alone.message).toContain('whether series 1 had contrast')
    expect(alone.reasons[0]).toContain('ContrastBolusAgent is set, but the description says before or without contrast')
    const beside = outcome([contrary, t1c, flair])
    expect(beside.hold).toBeUndefined()
    expect(beside.got).toEqual(['left', 'T1c', 'FLAIR'])
    expect(outcome([{ ...t1, administered: 'NO', description: 't1 post' }, flair]).hold).toBe('SERIES_AMBIGUOUS')
  })

  it('two unmarked T1 series, of which the later may be the one with contrast', () => {
    const { hold, message } = outcome([t1, { ...t1, time: '113000' }, flair])
    expect(hold).toBe('SERIES_AMBIGUOUS')
    expect(message).toContain('whether series 1, 2 had contrast')
  })

  it('an unmarked T1 series after one with contrast had contrast, before it none', () => {
    const { got, reasons } = outcome([t1, t1c, { ...t1, time: '120000', is3d: true }, flair])
    expect(got).toEqual(['T1', 'left', 'T1c', 'FLAIR'])
    expect(reasons[0]).toContain('acquired before series 2, which had contrast')
    expect(reasons[1]).toContain('another series was preferred: 3D rather than 2D')
    expect(reasons[2]).toContain('acquired after series 2, which had contrast')
  })

  it('a missing sequence counts before an ambiguous one', () => {
    const { hold, message } = outcome([t1c, { ...t1c, time: '113000' }, t2])
    expect(hold).toBe('SERIES_MISSING')
    expect(message).toContain('no usable series for FLAIR')
    expect(message).toContain('T1c: series 1, 2 fit equally well')
  })
})

describe('preference', () => {
  it.each<[string, Headers, Headers, string]>([
    ['3D', { ...flair, slices: 150, spacing: 1, is3d: true }, flair, '3D rather than 2D'],
    ['thinner', { ...flair, slices: 45, spacing: 3 }, flair, 'thinner slices'],
    ['axial', flair, { ...flair, plane: 'coronal', slices: 34 }, 'axial'],
    ['more coverage', { ...flair, slices: 30 }, flair, 'more coverage'],
    [
      'distortion corrected',
      { ...flair, imageType: 'ORIGINAL\\PRIMARY\\M\\DIS2D' },
      { ...flair, imageType: 'ORIGINAL\\PRIMARY\\M\\ND' },
      'corrected for distortion',
    ],
    ['without fat suppression', flair, { ...flair, description: 'flair fs' }, 'without fat suppression'],
    ['finer', { ...flair, pixel: 0.5 }, flair, 'finer pixels'],
    ['before contrast', flair, { ...flair, agent: 'Gd' }, 'before contrast'],
  ])('%s', (_name, better, worse, reason) => {
    for (const all of [
      [better, worse],
      [worse, better],
    ]) {
      const { selection, reasons, hold } = outcome([...all, t1c])
      expect(hold).toBeUndefined()
      expect(selection.decisions[all.indexOf(better)]!.selected, reasons.join('\n')).toBe(true)
      expect(reasons[all.indexOf(worse)]).toContain(`another series was preferred: ${reason}`)
    }
  })
})

describe('overrides', () => {
  it('choose by description', () => {
    const { got, reasons } = outcome([t1c, flair, { ...flair, description: 'FLAIR Research' }], { FLAIR: 'research$' })
    expect(got).toEqual(['T1c', 'left', 'FLAIR'])
    expect(reasons[2]).toContain('description matches the settings')
  })

  it('turn to the headers where no series matches', () => {
    expect(outcome([t1c, flair], { FLAIR: 'something else' }).got).toEqual(['T1c', 'FLAIR'])
  })

  it('choose by series UID, whatever the headers say', () => {
    const all = [t1c, flair, { ...t2, imageType: 'DERIVED\\SECONDARY' }]
    const uid = study(all).series[2]!.seriesInstanceUid
    const { got, reasons } = outcome(all, { T2: uid })
    expect(got).toEqual(['T1c', 'FLAIR', 'T2'])
    expect(reasons[2]).toContain('by its UID in the settings')
    expect(outcome([t1c, flair], { T2: '1.2.3.4' }).got).toEqual(['T1c', 'FLAIR'])
  })

  it('may name a derived series, but no localizer and nothing else than MR', () => {
    const derived = { ...t2, description: 'T2 research', imageType: 'DERIVED\\SECONDARY' }
    expect(outcome([t1c, flair, derived]).got[2]).toBe('left')
    expect(outcome([t1c, flair, derived], { T2: 'research' }).got[2]).toBe('T2')
    expect(outcome([t1c, flair, derived, { ...t2, description: 'T2 research' }], { T2: 'research' }).got).toEqual([
      'T1c',
      'FLAIR',
      'left',
      'T2',
    ])
    expect(outcome([t1c, flair, { ...derived, slices: 3 }], { T2: 'research' }).got[2]).toBe('left')
    expect(outcome([t1c, flair, { ...derived, modality: 'CT' }], { T2: 'research' }).got[2]).toBe('left')
  })

  it('keep their series from other sequences', () => {
    const named = { ...t2, description: 'special' }
    expect(outcome([t1c, named], { FLAIR: 'special' }).got).toEqual(['T1c', 'FLAIR'])
  })

  it('refuse a broken pattern', () => {
    expect(() => outcome([t1c], { T1: '(' })).toThrowError(expect.objectContaining({ code: 'SETTINGS_INVALID' }))
  })
})

describe('every study', () => {
  const headers: fc.Arbitrary<Headers> = fc.record({
    description: fc.constantFrom(
      '',
      't1',
      't1 post',
      'T2 FLAIR',
      'flair',
      't2 tse',
      'DWI',
      'loc',
      'T1 nativ',
      '脳 T1 造影後',
      'x'.repeat(64),
    ),
    imageType: fc.constantFrom(
      undefined,
      'ORIGINAL\\PRIMARY\\M',
      'DERIVED\\SECONDARY',
      'ORIGINAL\\PRIMARY\\LOCALIZER',
      '',
    ),
    scanning: fc.constantFrom(undefined, 'SE', 'GR', 'SE\\IR', 'GR\\IR', 'EP', 'RM'),
    is3d: fc.boolean(),
    tr: fc.constantFrom(undefined, 0, 8, 500, 4000, 9000),
    te: fc.constantFrom(undefined, 3, 10, 100),
    ti: fc.constantFrom(undefined, 160, 900, 2500),
    slices: fc.constantFrom(0, 1, 9, 25, 60),
    spacing: fc.constantFrom(0, 1, 5, 12),
    agent: fc.constantFrom(undefined, 'Gadovist', 'NONE'),
    enhanced: fc.boolean(),
    mixed: fc.boolean(),
    noPositions: fc.boolean(),
    time: fc.constantFrom('', '100000', '110000'),
    modality: fc.constantFrom('MR', 'SEG', 'PR', ''),
  })

  it('gets exactly one decision per series, with a reason, and never one series for two sequences', () => {
    fc.assert(
      fc.property(
        fc.array(headers, { maxLength: 8 }),
        fc.constantFrom<SeriesOverrides>({}, { T1: 't1', FLAIR: 'flair' }),
        (all, overrides) => {
          const input = study(all)
          const { decisions, chosen, hold } = selectSeries(input, bundle, overrides)
          expect(decisions.map((d) => d.seriesInstanceUid)).toEqual(input.series.map((s) => s.seriesInstanceUid))
          for (const decision of decisions) {
            expect(decision.reasons.length).toBeGreaterThan(0)
            expect(decision.reasons.every((reason) => reason.length > 0)).toBe(true)
            expect(decision.selected).toBe(decision.sequence !== undefined)
          }
          const taken = decisions.filter((d) => d.selected)
          expect(taken.map((d) => [d.sequence, d.seriesInstanceUid]).sort()).toEqual(
            SEQUENCES.flatMap((s) => (chosen[s] ? [[s, chosen[s].seriesInstanceUid]] : [])).sort(),
          )
          expect(new Set(taken.map((d) => d.sequence)).size).toBe(taken.length)
          if (!chosen.T1c || !chosen.FLAIR) expect(hold?.class).toBe('hold')
        },
      ),
      { numRuns: 150 },
    )
  })

  it('reads headers without a single attribute', () => {
    const bare = {
      studyInstanceUid: '1.2.3',
      series: [series({ description: '', slices: 0 }, 1), { seriesInstanceUid: '1.9', modality: 'MR', instances: [] }],
    }
    const { decisions, hold } = selectSeries(bare, bundle)
    expect(decisions).toHaveLength(2)
    expect(hold?.code).toBe('SERIES_MISSING')
  })
})
