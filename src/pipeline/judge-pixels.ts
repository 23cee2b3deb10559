// For series whose headers do not say what they are, or whether contrast agent was given: looks at their pixels.
import { text } from '../dicom/dataset.ts'
import { AppError } from '../domain/errors.ts'
import { type DoubtPicture, type Series, STRUCTURAL, type Uid } from '../domain/study.ts'
import type { Volume } from '../domain/volume.ts'
import { enhancedOf } from '../inference/series/contrast-witness.ts'
import { witnessGrid } from '../inference/series/pixel-measures.ts'
import type { Seen } from '../inference/series/seen.ts'
import type { Selection } from '../inference/series/select-series.ts'
import { readWeightings } from '../inference/series/sequence-witness.ts'
import { coarseGrid } from '../inference/volumes/grids.ts'
import { resample } from '../inference/volumes/resample.ts'
import { REGISTRATION_SPACING_MM, type Registrar } from '../inference/volumes/rigid.ts'

import { thumbnail } from './second-witness.ts'

export type VolumeOf = (series: Series) => Promise<Volume<Float32Array>>
type Registering = Pick<Registrar, 'register'>

/** `claim`: what the headers say of a series; absent if they do not. */
export type Pair = readonly [{ series: Series; claim?: 'T1' | 'T1c' }, { series: Series }]

/**
 * Undefined if the pixels do not tell either, or the two images cannot be registered. Throws SERIES_CONTRADICTION if they say
 * the opposite of a claim; `show` is given the pictures of both first.
 */
export async function judgePair(
  [first, second]: Pair,
  volumeOf: VolumeOf,
  registrar: Registering,
  show: (pictures: DoubtPicture[]) => Promise<unknown> = async () => {},
): Promise<Map<Uid, Seen> | undefined> {
  const { a, b, enhanced } = await compared(first.series, second.series, volumeOf, registrar)
  if (!enhanced) return undefined
  const seen = (which: typeof enhanced) => (enhanced === which ? 'given' : 'not-given')
  if (first.claim && (first.claim === 'T1c') !== (seen('first') === 'given')) {
    const [one, other] = [first.series, second.series].map(numberOf)
    await show([{ ...pictureOf(first.series, a), sequence: first.claim }, pictureOf(second.series, b)])
    throw new AppError(
      'SERIES_CONTRADICTION',
      `by its headers series ${one} is ${first.claim}, but the pixels show contrast agent in series ${enhanced === 'first' ? one : other} and not in series ${enhanced === 'first' ? other : one}`,
    )
  }
  return new Map([
    [first.series.seriesInstanceUid, { contrast: seen('first') }],
    [second.series.seriesInstanceUid, { contrast: seen('second') }],
  ])
}

async function compared(first: Series, second: Series, volumeOf: VolumeOf, registrar: Registering) {
  const [a, b] = [await volumeOf(first), await volumeOf(second)]
  const { transform } = await registrar.register(coarse(a), coarse(b), 'T1')
  const grid = witnessGrid(a.grid)
  return { a, b, enhanced: enhancedOf(resample(a, grid), resample(b, grid, transform)) }
}

/** Throws SERIES_CONTRADICTION if, of two series that are both T1c by their headers, one clearly shows less contrast agent. */
export async function refuseUnlike(
  [first, second]: readonly [Series, Series],
  volumeOf: VolumeOf,
  registrar: Registering,
  show: (pictures: DoubtPicture[]) => Promise<unknown> = async () => {},
): Promise<undefined> {
  const { a, b, enhanced } = await compared(first, second, volumeOf, registrar)
  if (!enhanced) return undefined
  const [one, other] = enhanced === 'first' ? [first, second] : [second, first]
  await show([
    { ...pictureOf(first, a), sequence: 'T1c' },
    { ...pictureOf(second, b), sequence: 'T1c' },
  ])
  throw new AppError(
    'SERIES_CONTRADICTION',
    `by their headers series ${numberOf(first)} and ${numberOf(second)} are both T1c, but the pixels show contrast agent in series ${numberOf(one)} and not in series ${numberOf(other)}, which may be T1`,
  )
}

const numberOf = ({ instances }: Series) => text(instances[0]?.metadata ?? {}, 'SeriesNumber') || '(no number)'

function pictureOf(series: Series, volume: Volume<Float32Array>): DoubtPicture {
  const { seriesInstanceUid } = series
  return { seriesNumber: numberOf(series), seriesInstanceUid, png: thumbnail(volume) }
}

/** At most as many images are read as a study has sequences. */
const MAX_SERIES = STRUCTURAL.length

/** The weightings of the unread series, read together with those that the headers state; undefined if the pixels do not tell. */
export async function judgeWeightings(
  { unread, chosen }: Pick<Selection, 'unread' | 'chosen'>,
  volumeOf: VolumeOf,
  registrar: Registering,
): Promise<Map<Uid, Seen> | undefined> {
  const claims = STRUCTURAL.flatMap((sequence) => {
    const series = chosen[sequence]
    return series ? [{ series, weighting: sequence === 'T1c' ? 'T1' : sequence }] : []
  })
  const all = [...claims, ...unread.map((series) => ({ series, weighting: undefined }))]
  if (all.length > MAX_SERIES) return undefined
  const volumes: Volume<Float32Array>[] = []
  for (const { series } of all) volumes.push(await volumeOf(series))
  const [fixed, ...moving] = volumes
  const still = coarse(fixed!)
  const grid = witnessGrid(fixed!.grid)
  const aligned = [resample(fixed!, grid)]
  for (const one of moving) {
    const { transform } = await registrar.register(still, coarse(one), 'series')
    aligned.push(resample(one, grid, transform))
  }
  const read = readWeightings(
    aligned,
    all.map(({ weighting }) => weighting),
  )
  if (!read) return undefined
  return new Map(unread.map(({ seriesInstanceUid }, n) => [seriesInstanceUid, { weighting: read[claims.length + n]! }]))
}

const coarse = (volume: Volume<Float32Array>) => resample(volume, coarseGrid(volume.grid, REGISTRATION_SPACING_MM))
