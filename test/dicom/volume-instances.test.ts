// Which instances of a series make its volume: strays off its grid are named and left, the T2 of a dual-echo series is taken.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dataset, number, numbers, text } from '../../src/dicom/dataset.ts'
import { planSeries } from '../../src/dicom/series-volume.ts'
import type { DicomJson, Instance, Series } from '../../src/domain/study.ts'
import type { Grid } from '../../src/domain/volume.ts'
import { classicSeries, OBLIQUE } from './support.ts'

const GRID: Grid = { ...OBLIQUE, size: [6, 5, 24] }
const numberOf = ({ metadata }: Instance) => number(metadata, 'InstanceNumber')!
const made = (await classicSeries({ grid: GRID })).series
const series: Series = { ...made, instances: made.instances.toSorted((a, b) => numberOf(a) - numberOf(b)) }

/** A copy of instance n, moved along the grid's axes (mm), with other headers. */
function stray(n: number, moved: readonly number[], change: DicomJson = {}): Instance {
  const { metadata, ...rest } = series.instances[n]!
  const position = numbers(metadata, 'ImagePositionPatient').map((value, axis) =>
    moved.reduce((sum, mm, along) => sum + mm * GRID.direction[3 * axis + along]!, value),
  )
  return {
    ...rest,
    sopInstanceUid: `1.2.3.${n}`,
    metadata: { ...metadata, ...dataset({ ImagePositionPatient: position }), ...change },
  }
}

const withStrays = (...all: Instance[]): Series => ({ ...series, instances: [...all, ...series.instances] })
const without = (indices: readonly number[]): Series => ({
  ...series,
  instances: series.instances.filter((_, n) => !indices.includes(n)),
})

describe('a stray instance is named and the volume kept', () => {
  it.each([
    ['between two slices', stray(7, [0, 0, 1.9]), 'off the regular grid of the others'],
    ['far above the stack', stray(23, [0, 0, 90]), 'off the regular grid of the others'],
    ['far above the stack, in step with it', stray(23, [0, 0, 10 * 4.2]), 'off the regular grid of the others'],
    ['beside the stack', stray(7, [40, -25, 0]), 'off the regular grid of the others'],
    [
      'of another pixel size',
      stray(7, [0, 0, 0], dataset({ PixelSpacing: [1.9, 1.9] })),
      'another pixel size (PixelSpacing 1.9\\1.9)',
    ],
    ['of another echo time', stray(7, [0, 0, 0], dataset({ EchoTime: 4.4 })), 'another echo time (EchoTime 4.4 ms)'],
  ])('%s', (_name, odd, why) => {
    const plan = planSeries(withStrays(odd))
    expect(plan.strays).toEqual([{ sopInstanceUid: odd.sopInstanceUid, why }])
    expect(plan.grid).toEqual(planSeries(series).grid)
  })

  it('wherever it lies off the grid, and whatever the order of instances', () => {
    const place = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.double({ min: 1, max: 3.2, noNaN: true }))
    fc.assert(
      fc.property(place, fc.integer({ min: 0, max: 24 }), ([n, mm], at) => {
        const odd = stray(n, [0, 0, mm])
        const plan = planSeries({ ...series, instances: series.instances.toSpliced(at, 0, odd) })
        expect(plan.strays.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual([odd.sopInstanceUid])
        expect(plan.grid).toEqual(planSeries(series).grid)
      }),
    )
  })
})

describe('a series is refused as it is', () => {
  const refused = (given: Series) => () => planSeries(given)

  it('where slices are missing: what lies beyond the gap is no stray', () => {
    expect(refused(without([22]))).toThrow(/a gap: about 1 missing between slice 22 and 23 of 23/)
    expect(refused(without([20, 21, 22]))).toThrow(/a gap: about 3 missing/)
    expect(refused(without([11, 12]))).toThrow(/a gap: about 2 missing/)
  })

  it('where a slice is not at its place, since then there is a gap', () => {
    const moved = { ...series, instances: series.instances.map((one, n) => (n === 9 ? stray(9, [0, 0, 1.9]) : one)) }
    expect(refused(moved)).toThrow(/unequal spacing between slice 9 and 10 of 24/)
  })

  it('where more than a few are odd', () => {
    expect(refused(withStrays(...[3, 7, 11, 15].map((n) => stray(n, [0, 0, 1.9]))))).toThrow(/spacing/)
  })
})

describe('two echoes in one series', () => {
  const echoes = (times: readonly number[], repetition = 3000): Series => ({
    ...series,
    instances: times.flatMap((ms) =>
      series.instances.map((one) => ({
        ...one,
        sopInstanceUid: `${one.sopInstanceUid}.${Math.round(ms)}`,
        metadata: { ...one.metadata, ...dataset({ EchoTime: ms, RepetitionTime: repetition }) },
      })),
    ),
  })

  it('of proton density and T2: the late one is the volume, the other is named', () => {
    const plan = planSeries(echoes([12.4, 96]))
    expect(plan.frames.every(({ echoTime }) => echoTime === 96)).toBe(true)
    expect(plan.grid).toEqual(planSeries(series).grid)
    expect(plan.strays).toHaveLength(24)
    expect(plan.strays[0]!.why).toBe(
      'the early echo (EchoTime 12.4 ms) of a dual-echo acquisition, which shows proton density',
    )
    expect(plan.instances.map(({ metadata }) => text(metadata, 'EchoTime'))).toEqual(Array(24).fill('96'))
  })

  it.each([
    ['both early', [12, 40], 3000],
    ['both late', [80, 160], 3000],
    ['of a short repetition time', [12, 96], 600],
    ['three', [12, 60, 110], 3000],
  ])('but not %s', (_name, times, repetition) => {
    expect(() => planSeries(echoes(times, repetition))).toThrow(/slices at each of 24 positions|several echoes/)
  })
})
