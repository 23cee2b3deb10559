// Images of the synthetic case in a spool, with an earlier study in which the tumour was smaller, for the pages.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import type { ImageSpool } from '../../src/domain/ports/image-spool.ts'
import type { Grid } from '../../src/domain/volume.ts'
import type { AppDeps } from '../../src/http/deps.ts'
import { readPageScripts } from '../../src/http/page-scripts.ts'
import { overlayOf } from '../../src/reports/colours.ts'
import { createShownImages } from '../../src/viewer/shown.ts'
import { createImageSpool } from '../../src/viewer/spool.ts'
import { realClock } from './real-clock.ts'
import { type SyntheticCase, syntheticCase } from './result.ts'

export interface SampleImages {
  spool: ImageSpool
  folder: string
  synthetic: SyntheticCase
  /** What was recorded of who looked. */
  audited: AuditEntry[]
  deps: Pick<AppDeps, 'images' | 'scripts'>
  remove(): Promise<void>
}

export async function sampleImages(analysisId: string, grid: Grid, withPrior = true): Promise<SampleImages> {
  const folder = await mkdtemp(join(tmpdir(), 'gliabridge-images-'))
  const spool = createImageSpool(folder, realClock)
  const synthetic = syntheticCase(grid)
  const prior = withPrior ? syntheticCase(grid, { lesion: false }) : undefined
  const segments = synthetic.result.segments.map(({ label, key, name }, n) => ({
    label,
    key,
    name,
    colour: overlayOf(key, n).colour,
  }))
  await spool.keep(analysisId, {
    images: synthetic.images,
    labels: synthetic.segmentation,
    segments,
    ...(prior && {
      prior: { analysisId: 'a-prior', studyDate: '20251101', images: prior.images, labels: prior.segmentation },
    }),
  })
  const audited: AuditEntry[] = []
  const audit = { record: async (entry: AuditEntry) => void audited.push(entry) }
  return {
    spool,
    folder,
    synthetic,
    audited,
    deps: { images: createShownImages({ spool, audit, clock: realClock }), scripts: await readPageScripts() },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
