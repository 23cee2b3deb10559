// Two T1 series of which the headers do not say which had contrast agent: their pixels are asked.
import type { Series, Uid } from '../domain/study.ts'
import type { Volume } from '../domain/volume.ts'
import { enhancedOf } from '../inference/series/contrast-witness.ts'
import { coarseGrid } from '../inference/volumes/grids.ts'
import { resample } from '../inference/volumes/resample.ts'
import type { Registrar } from '../inference/volumes/rigid.ts'

const SPACING_MM = 2

/** Undefined when the pixels do not tell either, or the two images cannot be laid over each other. */
export async function judgePair(
  [first, second]: readonly [Series, Series],
  volumeOf: (series: Series) => Promise<Volume<Float32Array>>,
  registrar: Pick<Registrar, 'register'>,
): Promise<Map<Uid, 'given' | 'not-given'> | undefined> {
  const [a, b] = [await volumeOf(first), await volumeOf(second)]
  const still = resample(a, coarseGrid(a.grid, SPACING_MM))
  const { transform } = await registrar.register(still, resample(b, coarseGrid(b.grid, SPACING_MM)), 'T1')
  const enhanced = enhancedOf(still, resample(b, still.grid, transform))
  if (!enhanced) return undefined
  return new Map([
    [first.seriesInstanceUid, enhanced === 'first' ? 'given' : 'not-given'],
    [second.seriesInstanceUid, enhanced === 'second' ? 'given' : 'not-given'],
  ])
}
