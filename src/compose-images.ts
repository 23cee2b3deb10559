// Wires the images on the pages: the spool, its retention, and what the pages read from it.
import { join } from 'node:path'
import type { AuditTrail } from './domain/ports/audit-trail.ts'
import type { Clock } from './domain/ports/clock.ts'
import type { ImageSpool } from './domain/ports/image-spool.ts'
import type { Log } from './domain/ports/log.ts'
import { startLoop } from './domain/repeat.ts'
import { keepRetention } from './domain/retention.ts'
import { readPageScripts } from './http/page-scripts.ts'
import type { Settings } from './settings/schema.ts'
import { createShownImages } from './viewer/shown.ts'
import { createImageSpool } from './viewer/spool.ts'

type Needs = { clock: Clock; log: Log; audit: AuditTrail }

export function imagesFolder({ viewer, store }: Pick<Settings, 'viewer' | 'store'>): string {
  return viewer.folder ?? join(store.dataDir, 'images')
}

export async function openImages({ viewer, store }: Pick<Settings, 'viewer' | 'store'>, { clock, log, audit }: Needs) {
  const spool = createImageSpool(imagesFolder({ viewer, store }), clock)
  const scripts = await readPageScripts()
  const aged = { name: 'images kept for the pages', removeBefore: spool.removeBefore }
  const close = startLoop((signal) => keepRetention(aged, viewer.keepDays, { clock, log }, signal))
  const keeps: { spool?: ImageSpool } = viewer.keepDays > 0 ? { spool } : {}
  return {
    spool,
    /** For the analysis; empty if the site keeps no images. */
    keeps,
    pages: { images: createShownImages({ spool, audit, clock }), scripts },
    close,
  }
}
