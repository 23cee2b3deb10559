// Series that turn out to be no volume: the next candidate is tried, and what was there and is not used is said or held.
import { describe, expect, it } from 'vitest'
import { dataset } from '../../src/dicom/dataset.ts'
import { readVolumeHere } from '../../src/dicom/series-volume.ts'
import { nextTurn } from '../../src/domain/next-turn.ts'
import type { Bundle } from '../../src/inference/bundle/manifest.ts'
import { sequencesOf } from '../../src/inference/segmentation/sequence-volume.ts'
import type { SeriesOverrides } from '../../src/inference/series/overrides.ts'
import { DEFAULT_POLICY, type UnusablePolicy } from '../../src/inference/series/select-series.ts'
import { IDENTITY } from '../../src/inference/volumes/rigid.ts'
import { takeSeries } from '../../src/pipeline/take-series.ts'
import { classicSeries, type TestSeries } from '../dicom/support.ts'
import { failureOf } from '../support/failure-of.ts'

const bundle = {
  sequences: { T1c: { channel: 0, required: false }, T2: { channel: 1, required: false } },
  require_any: ['T1c', 'T2'],
} as unknown as Bundle
const T1C = { ScanningSequence: 'SE', RepetitionTime: 500, EchoTime: 10, ContrastBolusAgent: 'Gadovist' }
const T2 = { ScanningSequence: 'SE', RepetitionTime: 4000, EchoTime: 100 }

/** Axial slices 5 mm apart; `mm` is the pixel spacing, and finer series are preferred. */
function made(
  seriesKey: string,
  headers: object,
  mm: number,
  value?: (i: number, j: number, k: number) => number,
): Promise<TestSeries> {
  const pixels = 160 / mm
  const grid: TestSeries['grid'] = {
    size: [pixels, pixels, 20],
    spacing: [mm, mm, 5],
    origin: [-80, -80, -50],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  }
  const named = { BodyPartExamined: 'HEAD', SeriesDescription: '', ...headers }
  return classicSeries({ ...(value && { value }), grid, seriesKey, edit: (ds) => ({ ...ds, ...dataset(named) }) })
}

/** Without its eighth slice, as an archive has it and as it gives it. */
const withGap = ({ series, files, grid }: TestSeries): TestSeries => ({
  series: { ...series, instances: series.instances.toSpliced(7, 1) },
  files: files.toSpliced(7, 1),
  grid,
})

function take(
  all: TestSeries[],
  policy: UnusablePolicy = DEFAULT_POLICY,
  overrides: SeriesOverrides = {},
  of: Bundle = bundle,
  arrival = async (_uid: string) => {},
) {
  const selections: number[] = []
  const ports = {
    archive: {
      async *retrieveSeries(_study: string, uid: string) {
        await arrival(uid)
        yield* all.find(({ series }) => series.seriesInstanceUid === uid)!.files
      },
    },
    readVolume: readVolumeHere,
    registrar: {
      register: async () => ({
        transform: IDENTITY,
        translationMm: 0,
        rotationDegrees: 0,
        agreementBefore: 1,
        agreementAfter: 1,
      }),
    },
    time: async <T>(_step: string, work: () => T | Promise<T>) => work(),
    onSelection: async ({ decisions }: { decisions: unknown[] }) => selections.push(decisions.length),
  }
  const study = { studyInstanceUid: '1.2.3', series: all.map(({ series }) => series) }
  const options = { bundle: of, reference: 'T1c' as const, overrides, unusable: policy }
  return { taken: takeSeries(ports, study, options), selections }
}

describe('a chosen series, whether a volume or none', async () => {
  const [fine, coarse, t2] = [await made('fine', T1C, 2), await made('coarse', T1C, 4), await made('t2', T2, 4)]
  const uidOf = ({ series }: TestSeries) => series.seriesInstanceUid

  it('is one of two that are retrieved at once; the order in which they come decides nothing', async () => {
    const [t1cAnswers, t2Comes] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    // T1c comes only after T2, which is asked for in the meantime.
    const arrival = (uid: string) => {
      if (uid !== uidOf(t2)) return t1cAnswers.promise
      t2Comes.resolve()
      return Promise.resolve()
    }
    const { taken } = take([t2, coarse], DEFAULT_POLICY, {}, bundle, arrival)
    await t2Comes.promise
    for (let turn = 0; turn < 20; turn++) await nextTurn()
    t1cAnswers.resolve()
    expect(sequencesOf((await taken).images)).toEqual(['T1c', 'T2'])
  })

  it('gives way to the next candidate', async () => {
    const { taken, selections } = take([withGap(fine), coarse, t2])
    const { images, decisions, reference, quality } = await taken
    expect(images[0]?.series.seriesInstanceUid).toBe(uidOf(coarse))
    expect(sequencesOf(images)).toEqual(['T1c', 'T2'])
    expect([...images.map(({ volume }) => volume.grid.size), reference]).toEqual([[40, 40, 20], [40, 40, 20], 'T1c'])
    expect(decisions[0]!.reasons[0]).toMatch(/^no volume: series [\d.]+: its slices have a gap: about 1 missing/)
    expect([selections, quality]).toEqual([[3, 3], []])
  })

  it('holds the study when it is T1c and nothing takes its place, unless the settings say to go on', async () => {
    const held = /T1c is in the study but cannot be used \(series 3: no volume: .* gap: about 1 missing/
    await expect(take([withGap(fine), t2]).taken).rejects.toMatchObject({ code: 'SERIES_UNSUPPORTED' })
    await expect(take([withGap(fine), t2]).taken).rejects.toThrow(held)
    const { images, reference, quality } = await take([withGap(fine), t2], { T1c: 'note' }).taken
    expect([sequencesOf(images), reference]).toEqual([['T2'], 'T2'])
    expect(quality).toEqual([{ code: 'sequence-unusable', severity: 'warning', text: expect.stringMatching(held) }])
  })

  it('is said and passed over when it is another sequence', async () => {
    const { images, quality } = await take([coarse, withGap(t2)]).taken
    expect(sequencesOf(images)).toEqual(['T1c'])
    expect(quality[0]!.text).toMatch(/^T2 is in the study but cannot be used .*; the model ran without it\.$/)
  })

  it('holds the study when a person named it in the settings, and when an instance is damaged', async () => {
    await expect(take([withGap(fine), coarse, t2], {}, { T1c: uidOf(fine) }).taken).rejects.toThrow(/about 1 missing/)
    const damaged = { ...t2, files: t2.files.map((file, n) => (n === 4 ? file.subarray(0, file.length - 99) : file)) }
    await expect(take([coarse, damaged]).taken).rejects.toMatchObject({ code: 'INSTANCE_INVALID' })
  })
})

describe('two T1 of which the headers do not say which had contrast', async () => {
  const plain = (i: number, j: number, k: number) =>
    300 + Math.round(60 * Math.sin(i / 7) + 40 * Math.cos(j / 9) + 3 * k)
  const vessels = (i: number, j: number, k: number) => plain(i, j, k) + (i % 13 < 2 && j % 17 < 2 ? 500 : 0)
  const unmarked = { ScanningSequence: 'SE', RepetitionTime: 500, EchoTime: 10 }
  const one = await made('one', { ...unmarked, SeriesNumber: 5 }, 2, vessels)
  const two = await made('two', { ...unmarked, SeriesNumber: 6 }, 2, plain)
  const both = {
    sequences: { T1: { channel: 0, required: false }, T1c: { channel: 1, required: false } },
    require_any: ['T1c'],
  } as unknown as Bundle

  it('are told apart by their pixels, whichever comes first, or held', async () => {
    for (const all of [
      [one, two],
      [two, one],
    ]) {
      const { images, decisions } = await take(all, DEFAULT_POLICY, {}, both).taken
      expect(images.map(({ sequence, series }) => [sequence, series.seriesInstanceUid])).toEqual([
        ['T1', two.series.seriesInstanceUid],
        ['T1c', one.series.seriesInstanceUid],
      ])
      expect(decisions.find(({ sequence }) => sequence === 'T1c')!.reasons.join()).toContain(
        'its pixels show contrast agent',
      )
    }
    const same = await made('same', { ...unmarked, SeriesNumber: 7 }, 2, (i, j, k) => 2 * plain(i, j, k))
    await expect(take([two, same], DEFAULT_POLICY, {}, both).taken).rejects.toMatchObject({ code: 'SERIES_AMBIGUOUS' })
  })

  it('are held where one is T1c by its name alone and shows no contrast agent beside the one that has it', async () => {
    const named = (description: string, value: typeof plain) =>
      made(
        description,
        { ...unmarked, SeriesNumber: 6, SeriesDescription: description, ImageType: ['ORIGINAL', 'PRIMARY', 'M'] },
        2,
        value,
      )
    const agent = await made('agent', { ...unmarked, SeriesNumber: 5, ContrastBolusAgent: 'Gadovist' }, 2, vessels)
    for (const all of [
      [await named('T1 post', plain), agent],
      [agent, await named('T1 post', plain)],
    ]) {
      const { code, message } = await failureOf(take(all, DEFAULT_POLICY, {}, both).taken)
      expect([code, message]).toEqual([
        'SERIES_CONTRADICTION',
        'by their headers series 5 and 6 are both T1c, but the pixels show contrast agent in series 5 and not in series 6, which may be T1',
      ])
    }
    const { images } = await take([await named('T1 post fs', vessels), agent], DEFAULT_POLICY, {}, both).taken
    expect(sequencesOf(images)).toEqual(['T1c'])
  })
})
