// A small picture of any series of a study, for a person choosing among them: the middle image, in its own plane.
import { encode } from 'fast-png'
import { planImage, planSeries, type VolumeReader } from '../dicom/series-volume.ts'
import { AppError } from '../domain/errors.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Instance, Series, Study, Uid } from '../domain/study.ts'
import { createTurns } from '../domain/turns.ts'
import type { Volume } from '../domain/volume.ts'
import { quantileOf } from '../inference/volumes/quantile.ts'

/** Longest side in pixels. */
const SIDE = 160
/** How many pictures stay in memory: those of the studies that people are looking at. */
const KEPT = 200

export interface PicturePorts {
  archive: Pick<ImageArchive, 'retrieveMetadata' | 'retrieveInstance'>
  readVolume: VolumeReader
}

/** Resolves with a PNG. Throws NOT_FOUND if the study has no such series, or if it contains no image that can be drawn. */
export type SeriesPicture = (studyInstanceUid: Uid, seriesInstanceUid: Uid) => Promise<Uint8Array>

/** One image of each series is retrieved, once; the pictures of one study are made one after the other. */
export function createSeriesPictures({ archive, readVolume }: PicturePorts): SeriesPicture {
  const inTurn = createTurns()
  const pictures = new Map<string, Uint8Array>()
  let last: Study | undefined

  const draw = async (studyInstanceUid: Uid, seriesInstanceUid: Uid): Promise<Uint8Array> => {
    if (last?.studyInstanceUid !== studyInstanceUid) last = await archive.retrieveMetadata(studyInstanceUid)
    const series = last.series.find((one) => one.seriesInstanceUid === seriesInstanceUid)
    if (!series) throw new AppError('NOT_FOUND', `study ${studyInstanceUid} has no series ${seriesInstanceUid}`)
    const instance = middleOf(series)
    const plan = planImage(seriesInstanceUid, instance)
    const file = await archive.retrieveInstance(studyInstanceUid, seriesInstanceUid, instance.sopInstanceUid)
    const { volume } = await readVolume(
      plan,
      (async function* () {
        yield file
      })(),
    )
    return slicePng(volume)
  }

  return (studyInstanceUid, seriesInstanceUid) =>
    inTurn(studyInstanceUid, async () => {
      const key = `${studyInstanceUid} ${seriesInstanceUid}`
      const cached = pictures.get(key)
      if (cached) return cached
      const picture = await draw(studyInstanceUid, seriesInstanceUid).catch((error) => {
        if (error instanceof AppError && error.class === 'transient') throw error
        throw new AppError('NOT_FOUND', `series ${seriesInstanceUid} has no image that can be drawn`, { cause: error })
      })
      pictures.set(key, picture)
      for (const oldest of pictures.keys()) if (pictures.size > KEPT) pictures.delete(oldest)
      return picture
    })
}

/** The image in the middle of the volume, or of the list if the series is not a volume. */
function middleOf({ instances, ...series }: Series): Instance {
  let uid: Uid | undefined
  try {
    const { frames } = planSeries({ ...series, instances })
    uid = frames[frames.length >> 1]?.sopInstanceUid
  } catch {
    // A series that is not a volume still has pictures.
  }
  const instance = instances.find(({ sopInstanceUid }) => sopInstanceUid === uid) ?? instances[instances.length >> 1]
  if (!instance) throw new AppError('NOT_FOUND', `series ${series.seriesInstanceUid} has no instances`)
  return instance
}

/** The slice, in grey from its darkest to its 99.5th percentile; non-square pixels are drawn as they are. */
function slicePng({ grid, data: slice }: Volume<Float32Array>): Uint8Array {
  const [nx, ny] = grid.size
  const [wide, high] = [nx * grid.spacing[0], ny * grid.spacing[1]]
  const perMm = SIDE / Math.max(wide, high)
  const [width, height] = [wide, high].map((mm) => Math.max(1, Math.round(mm * perMm))) as [number, number]
  const sorted = slice.toSorted()
  const [low, top] = [sorted[0]!, quantileOf(sorted, 0.995)]
  const grey = new Uint8ClampedArray(width * height)
  for (let v = 0; v < height; v++)
    for (let u = 0; u < width; u++) {
      const value = slice[Math.floor((u * nx) / width) + nx * Math.floor((v * ny) / height)]!
      grey[u + width * v] = (255 * (value - low)) / (top - low || 1)
    }
  return encode({ width, height, data: new Uint8Array(grey.buffer), channels: 1, depth: 8 })
}
