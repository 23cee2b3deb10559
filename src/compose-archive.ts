// Wires where images come from: the archive, and the spool of images sent to the service itself.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rememberWays } from './compose-watch.ts'
import { createDicomWebClient } from './dicomweb/client.ts'
import { AppError } from './domain/errors.ts'
import type { AnalysisStore } from './domain/ports/analysis-store.ts'
import type { AuditTrail } from './domain/ports/audit-trail.ts'
import type { Clock } from './domain/ports/clock.ts'
import type { ImageArchive } from './domain/ports/image-archive.ts'
import type { Log } from './domain/ports/log.ts'
import type { ReceivedImages } from './domain/ports/received-images.ts'
import type { WatchStore } from './domain/ports/watch-store.ts'
import { startLoop } from './domain/repeat.ts'
import { keepRetention } from './domain/retention.ts'
import { unreadable } from './domain/unreadable.ts'
import { removeReceived } from './pipeline/keep-received.ts'
import { listenDimse } from './receiving/dimse.ts'
import type { Listener } from './receiving/listener.ts'
import { openReceivedImages } from './receiving/spool.ts'
import { createStowReceiver, type StowReceiver } from './receiving/stow.ts'
import { withReceived } from './receiving/with-received.ts'
import type { Settings } from './settings/schema.ts'
import { expectRoom, freeBytesOf } from './store/disk.ts'

type Needs = {
  clock: Clock
  log: Log
  audit: AuditTrail
  analyses: Pick<AnalysisStore, 'byStudy'>
  watch: WatchStore
}

export interface OpenArchive {
  /** Where the analysis reads from. */
  archive: ImageArchive
  /** Absent if the site does not receive images. */
  received?: ReceivedImages
  storeImages?: StowReceiver
  /** Accepts DICOM associations from now on; absent if the site accepts none. */
  listen?(): Promise<Listener>
  close(): Promise<void>
}

export async function openArchive(
  { pacs, receive, store }: Pick<Settings, 'pacs' | 'receive' | 'store'>,
  { clock, log, audit, analyses, watch }: Needs,
): Promise<OpenArchive> {
  const archive = createDicomWebClient({ ...pacs, audit, log, memory: rememberWays(watch, pacs.url) })
  const { stow, dimse } = receive
  const { port } = dimse
  if (!stow && port === undefined) return { archive, close: async () => undefined }
  const received = await openReceivedImages({
    folder: receivedFolder({ receive, store }),
    clock,
    expectRoom: (folder) => expectRoom(folder, freeBytesOf, 'receive.folder'),
  })
  const removeBefore = (moment: Date) => removeReceived({ received, analyses, watch }, moment)
  const aged = { name: 'received studies', removeBefore }
  const close = startLoop((signal) => keepRetention(aged, receive.keepDays, { clock, log }, signal))
  return {
    archive: withReceived(archive, received),
    received,
    ...(stow && { storeImages: createStowReceiver({ received, audit, log }) }),
    ...(port !== undefined && {
      listen: async () =>
        listenDimse({ ...dimse, port, tls: await readTls(dimse.tls, 'receive.dimse.tls'), received, audit, log }),
    }),
    close,
  }
}

export function receivedFolder({ receive, store }: Pick<Settings, 'receive' | 'store'>): string {
  return receive.folder ?? join(store.dataDir, 'received')
}

/** Throws SETTINGS_INVALID, naming the file that cannot be read. */
export async function readTls(tls: Settings['receive']['dimse']['tls'], setting: string) {
  if (tls === undefined) return undefined
  const read = (file: string) =>
    readFile(file, 'utf8').catch((error: unknown) => {
      throw new AppError('SETTINGS_INVALID', `${setting}: ${unreadable(file, error)}`)
    })
  const [cert, key] = [await read(tls.cert), await read(tls.key)]
  return { cert, key, ...(tls.ca !== undefined && { ca: await read(tls.ca) }) }
}
