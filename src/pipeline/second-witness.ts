// Uses the pixels to check what the headers say: a contradiction holds the study, with a picture of each series in question.
import { encode } from 'fast-png'
import { asAppError } from '../domain/errors.ts'
import type { SequenceImage } from '../domain/finding.ts'
import { nextTurn } from '../domain/next-turn.ts'
import { type DoubtPicture, type SeriesDecision, STRUCTURAL, type Structural } from '../domain/study.ts'
import type { Vec3, Volume } from '../domain/volume.ts'
import type { Prepared } from '../inference/segmentation/prepare.ts'
import { refuseOpposite } from '../inference/series/contrast-witness.ts'
import type { Weighting } from '../inference/series/evidence.ts'
import { witnessGrid } from '../inference/series/pixel-measures.ts'
import { refuseOtherWeightings } from '../inference/series/sequence-witness.ts'
import { centreOf } from '../inference/volumes/grids.ts'
import { quantileOf } from '../inference/volumes/quantile.ts'
import { resample } from '../inference/volumes/resample.ts'

/** Size of a thumbnail in pixels and mm; the patient's right is on the left. */
const SIDE = 192
const SIDE_MM = 230

/**
 * Throws SERIES_CONTRADICTION; `show` is given the pictures of all structural sequences first. Takes seconds in short steps, so that the
 * networks, which run meanwhile, get the images that they ask for.
 */
export async function hearPixels(
  prepared: Pick<Prepared, 'onReference' | 'grid'>,
  decisions: readonly SeriesDecision[],
  show: (pictures: DoubtPicture[]) => Promise<unknown>,
): Promise<void> {
  const claims = STRUCTURAL.flatMap((sequence) => {
    const decision = decisions.find((one) => one.sequence === sequence)
    const there = prepared.onReference.find((one) => one.sequence === sequence)
    return decision && there ? [{ ...decision, sequence, there }] : []
  })
  const grid = witnessGrid(prepared.grid)
  const seen: (Claim & { name: string; coarse: Volume<Float32Array> })[] = []
  for (const claim of claims) {
    await nextTurn()
    const { image } = claim.there
    await nextTurn()
    seen.push({ ...claim, name: nameOf(claim), coarse: resample(image, grid) })
  }
  await nextTurn()
  try {
    refuseOtherWeightings(
      seen.map(({ sequence, name, coarse }) => ({ weighting: weightingOf(sequence), name, image: coarse })),
    )
    await nextTurn()
    const [t1, t1c] = (['T1', 'T1c'] as const).map((candidate) => seen.find(({ sequence }) => sequence === candidate))
    if (t1 && t1c) refuseOpposite(t1.coarse, t1c.coarse, { t1: t1.name, t1c: t1c.name })
  } catch (thrown) {
    if (asAppError(thrown).code === 'SERIES_CONTRADICTION')
      await show(
        claims.map(({ seriesNumber, seriesInstanceUid, sequence, there }) => ({
          seriesNumber,
          seriesInstanceUid,
          sequence,
          png: thumbnail(there.image),
        })),
      )
    throw thrown
  }
}

type Claim = SeriesDecision & { sequence: Structural; there: SequenceImage }

const weightingOf = (sequence: Structural): Weighting => (sequence === 'T1c' ? 'T1' : sequence)

function nameOf({
  seriesNumber,
  seriesInstanceUid,
}: Pick<SeriesDecision, 'seriesNumber' | 'seriesInstanceUid'>): string {
  return `series ${seriesNumber || '(no number)'} (${seriesInstanceUid})`
}

/** Axial, through the middle of the volume; grey from its darkest to its 99.5th percentile. */
export function thumbnail(image: Volume<Float32Array>): string {
  const mm = SIDE_MM / SIDE
  const middle = centreOf(image.grid)
  const origin: Vec3 = [middle[0] - SIDE_MM / 2, middle[1] - SIDE_MM / 2, middle[2]]
  const { data } = resample(image, {
    size: [SIDE, SIDE, 1],
    spacing: [mm, mm, 1],
    origin,
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  })
  const sorted = data.toSorted()
  const [low, high] = [sorted[0]!, quantileOf(sorted, 0.995)]
  const grey = Uint8Array.from(data, (value) =>
    Math.round(255 * Math.min(1, Math.max(0, (value - low) / (high - low || 1)))),
  )
  return Buffer.from(encode({ width: SIDE, height: SIDE, data: grey, channels: 1, depth: 8 })).toString('base64')
}
