// Generated studies whose headers were taken away or exchanged, and what is chosen from them: for the tests and for `npm run field`.
import { TELLING } from '../../demo/phantom/faults.ts'
import { generateStudy } from '../../demo/phantom/study.ts'
import { tagOf, text } from '../../src/dicom/dataset.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import { type ReadVolume, readVolumeHere, type VolumeReader } from '../../src/dicom/series-volume.ts'
import { AppError } from '../../src/domain/errors.ts'
import { type DicomJson, STRUCTURAL, type Structural, type Study } from '../../src/domain/study.ts'
import type { Bundle } from '../../src/inference/bundle/manifest.ts'
import { imagesOf, sequencesOf } from '../../src/inference/segmentation/sequence-volume.ts'
import { DEFAULT_POLICY } from '../../src/inference/series/select-series.ts'
import { coarseGrid } from '../../src/inference/volumes/grids.ts'
import { resample } from '../../src/inference/volumes/resample.ts'
import { REGISTRATION_SPACING_MM, type Registrar, type Registration } from '../../src/inference/volumes/rigid.ts'
import { hearPixels } from '../../src/pipeline/second-witness.ts'
import { takeSeries } from '../../src/pipeline/take-series.ts'

export interface Sent {
  study: Study
  /** What each series is, by its UID. */
  truth: ReadonlyMap<string, Structural>
  files: ReadonlyMap<string, Uint8Array[]>
  /** Decodes each series once. */
  readVolume: VolumeReader
}

/** The four structural series of a small generated study, as an archive has them. */
export async function sentStudy(seed: number): Promise<Sent> {
  const made = await generateStudy({ seed, size: 'small' })
  const wanted = STRUCTURAL.map((sequence) => made.series.find((one) => one.sequence === sequence)!)
  const filesOf = (uid: string) => made.instances.filter(({ seriesInstanceUid }) => seriesInstanceUid === uid)
  const series = wanted.map(({ seriesInstanceUid }) => ({
    seriesInstanceUid,
    modality: 'MR',
    instances: filesOf(seriesInstanceUid).map(({ bytes }) => {
      const metadata = readPart10(bytes).dataset
      return { sopInstanceUid: text(metadata, 'SOPInstanceUID'), sopClassUid: text(metadata, 'SOPClassUID'), metadata }
    }),
  }))
  const decoded = new Map<string, ReadVolume>()
  return {
    readVolume: async (plan, files) => {
      const volume = decoded.get(plan.seriesInstanceUid) ?? (await readVolumeHere(plan, files))
      decoded.set(plan.seriesInstanceUid, volume)
      return volume
    },
    study: { studyInstanceUid: made.studyInstanceUid, series },
    truth: new Map(wanted.map((one, n) => [one.seriesInstanceUid, STRUCTURAL[n]!])),
    files: new Map(wanted.map(({ seriesInstanceUid: uid }) => [uid, filesOf(uid).map(({ bytes }) => bytes)])),
  }
}

const edited = (study: Study, edit: (metadata: DicomJson, series: number) => DicomJson): Study => ({
  ...study,
  series: study.series.map((series, n) => ({
    ...series,
    instances: series.instances.map((one) => ({ ...one, metadata: edit(one.metadata, n) })),
  })),
})

export const stripped = (study: Study): Study =>
  edited(study, (metadata) => {
    const left = { ...metadata }
    for (const keyword of TELLING) delete left[tagOf(keyword)]
    return left
  })

/** The description of each series is that of another: of the one that `order` names. */
export function renamed(study: Study, names: Study, order: readonly number[]): Study {
  const tag = tagOf('SeriesDescription')
  return edited(study, (metadata, n) => ({ ...metadata, [tag]: names.series[order[n]!]!.instances[0]!.metadata[tag]! }))
}

export const permutations = (items: readonly number[]): number[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((one) => permutations(items.filter((other) => other !== one)).map((rest) => [one, ...rest]))

const BUNDLE = {
  sequences: Object.fromEntries(STRUCTURAL.map((name, channel) => [name, { channel, required: false }])),
  require_any: ['T1c', 'FLAIR'],
} as unknown as Bundle

/** Registers each pair of series once, however often it is asked. */
export function registerOnce(registrar: Registrar): Registrar {
  const known = new Map<string, Promise<Registration>>()
  const keyOf = (data: Float32Array) =>
    `${data.length} ${data.reduce((sum, value, n) => sum + value * (1 + (n % 97)), 0)}`
  return {
    ...registrar,
    register(fixed, moving, name) {
      const key = `${keyOf(fixed.data)} ${keyOf(moving.data)}`
      const found = known.get(key) ?? registrar.register(fixed, moving, name)
      known.set(key, found)
      return found
    },
  }
}

/** What is taken of the study, or the error that holds it. */
export async function takenOf({ files, readVolume }: Sent, study: Study, registrar: Registrar) {
  const archive = {
    async *retrieveSeries(_study: string, uid: string) {
      yield* files.get(uid)!
    },
  }
  const time = async <T>(_step: string, work: () => T | Promise<T>) => work()
  const options = { bundle: BUNDLE, reference: 'T1c' as const, overrides: {}, unusable: DEFAULT_POLICY }
  try {
    return await takeSeries({ archive, registrar, time, readVolume, onSelection: async () => {} }, study, options)
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown
    throw thrown
  }
}

/** The same, after the pixels were heard as second witness. */
export async function witnessed(sent: Sent, study: Study, registrar: Registrar) {
  const taken = await takenOf(sent, study, registrar)
  if (taken instanceof AppError) return taken
  const { images, reference, decisions } = taken
  const { volume: fixed } = imagesOf(reference, images)!
  const still = resample(fixed, coarseGrid(fixed.grid, REGISTRATION_SPACING_MM))
  const onReference = await Promise.all(
    images.map(async ({ sequence, volume }) => {
      if (sequence === reference) return { sequence, image: fixed }
      const coarse = resample(volume, coarseGrid(volume.grid, REGISTRATION_SPACING_MM))
      const { transform } = await registrar.register(still, coarse, sequence)
      return { sequence, image: resample(volume, fixed.grid, transform) }
    }),
  )
  try {
    await hearPixels({ onReference, grid: fixed.grid }, decisions, async () => {})
    return taken
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown
    throw thrown
  }
}

export interface Outcomes {
  /** Every series is what it was taken for, and all four were taken. */
  right: number
  /** What was taken is right, and a sequence was left out with a note. */
  without: number
  held: number
  wrong: number
  /** One word a study, for a person who asks which. */
  each: string[]
}

/** How studies came out, each after both witnesses. */
export async function outcomesOf(sent: Sent, studies: readonly Study[], registrar: Registrar): Promise<Outcomes> {
  const all: Outcomes = { right: 0, without: 0, held: 0, wrong: 0, each: [] }
  for (const study of studies) {
    const found = await witnessed(sent, study, registrar)
    const taken = found instanceof AppError ? [] : found.images
    const isRight = taken.every(({ sequence, series }) => sent.truth.get(series.seriesInstanceUid) === sequence)
    const outcome =
      found instanceof AppError ? 'held' : !isRight ? 'wrong' : taken.length < sent.truth.size ? 'without' : 'right'
    all[outcome]++
    all.each.push(found instanceof AppError ? found.code : `${outcome} ${sequencesOf(taken).join(' ')}`)
  }
  return all
}

const ORDERS = permutations([0, 1, 2, 3])

/** Per question, all generated studies of these seeds. */
export async function generatedOutcomes(seeds: readonly number[], registrar: Registrar) {
  const found: Record<'stripped' | 'names alone, exchanged' | 'timing, and names exchanged', Outcomes[]> = {
    stripped: [],
    'names alone, exchanged': [],
    'timing, and names exchanged': [],
  }
  for (const seed of seeds) {
    const sent = await sentStudy(seed)
    const bare = stripped(sent.study)
    found.stripped.push(await outcomesOf(sent, [bare], registrar))
    for (const [question, study] of [
      ['names alone, exchanged', bare],
      ['timing, and names exchanged', sent.study],
    ] as const)
      found[question].push(
        await outcomesOf(
          sent,
          ORDERS.map((order) => renamed(study, sent.study, order)),
          registrar,
        ),
      )
  }
  return found
}

export function generatedTable(found: Awaited<ReturnType<typeof generatedOutcomes>>): string {
  const rows = Object.entries(found).map(([question, all]) => {
    const sum = (what: 'right' | 'without' | 'held' | 'wrong') => all.reduce((total, one) => total + one[what], 0)
    return `| ${question} | ${sum('right')} | ${sum('without')} | ${sum('held')} | ${sum('wrong')} |`
  })
  const head = '| headers | all four right | right, one left out with a note | held | wrong |\n|---|---|---|---|---|'
  return `${head}\n${rows.join('\n')}\n`
}
