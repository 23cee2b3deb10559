// Opens the store: PGlite in a folder, or PostgreSQL by URL; brings the schema up to date, ends leases of dead owners, starts the queue.
import { AppError } from '../domain/errors.ts'
import type { AccessStore } from '../domain/ports/access-store.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { BundleStore } from '../domain/ports/bundle-store.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ConcordanceStore } from '../domain/ports/concordance-store.ts'
import type { ErasureStore } from '../domain/ports/erasure-store.ts'
import type { HeadSwitches } from '../domain/ports/head-switches.ts'
import type { HintStore } from '../domain/ports/hint-store.ts'
import type { Log } from '../domain/ports/log.ts'
import type { NoticeStore } from '../domain/ports/notices.ts'
import type { ReviewClaims } from '../domain/ports/review-claims.ts'
import type { ReviewStore } from '../domain/ports/review-store.ts'
import type { WatchStore } from '../domain/ports/watch-store.ts'
import type { WorkitemStore } from '../domain/ports/worklist.ts'
import type { WriteLedger } from '../domain/ports/write-ledger.ts'
import { createAccessStore } from './access.ts'
import { type AnalysisRecords, createAnalysisStore } from './analyses.ts'
import { createAuditTrail } from './audit.ts'
import { createBundleStore } from './bundles.ts'
import { createConcordanceStore } from './concordance.ts'
import { expectRoom, expectWritable } from './disk.ts'
import { createErasureStore } from './erasure.ts'
import { lockFolder } from './folder-lock.ts'
import { createHeadSwitches } from './head-switches.ts'
import { createHintStore } from './hints.ts'
import { createWriteLedger } from './ledger.ts'
import { migrate, readMigrations } from './migrate.ts'
import { createNoticeStore } from './notices.ts'
import { type EmbeddedDatabase, openPglite } from './pglite.ts'
import { openPostgres } from './postgres.ts'
import { QUERIES } from './queries.ts'
import { type Queue, startQueue } from './queue.ts'
import { createReviewClaims } from './review-claims.ts'
import { createReviewStore } from './reviews.ts'
import { timeNow } from './server-time.ts'
import { createWatchStore } from './watch.ts'
import { createWorkitemStore } from './workitems.ts'

export interface Store {
  analyses: AnalysisRecords
  reviews: ReviewStore
  claims: ReviewClaims
  watch: WatchStore
  audit: AuditTrail
  erasure: ErasureStore
  ledger: WriteLedger
  workitems: WorkitemStore
  hints: HintStore
  access: AccessStore
  notices: NoticeStore
  concordance: ConcordanceStore
  switches: HeadSwitches
  bundles: BundleStore
  queue: Queue
  /** The time by the clock of the database, as leases are measured: for what several processes compare. */
  time(): Promise<Date>
  /** Whether the database answers and can write, for readiness. Throws DATABASE_* and DISK_FULL. */
  ping(): Promise<void>
  /** Stops the queue, waits for its handlers, closes the database. */
  close(): Promise<void>
}

export interface StoreOptions {
  /** Folder of the embedded database; one process at a time. */
  dataDir?: string
  /** Uses PostgreSQL instead, for any number of processes. */
  databaseUrl?: string
  clock: Clock
  log: Log
  /** Seconds between checks of the tables if no wake came; 5 by default. */
  sweepSeconds?: number
}

/** Throws DATA_FOLDER_IN_USE, DATABASE_UNREACHABLE, or SETTINGS_INVALID if neither place is given. */
export async function openStore({ dataDir, databaseUrl, clock, log, sweepSeconds = 5 }: StoreOptions): Promise<Store> {
  if (!databaseUrl && !dataDir)
    throw new AppError('SETTINGS_INVALID', 'store.dataDir or the environment variable DATABASE_URL is needed')
  const undo: (() => unknown)[] = []
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    let embedded: EmbeddedDatabase | undefined
    if (dataDir && !databaseUrl) {
      const lock = lockFolder(dataDir, { pid: process.pid, since: clock.now().toISOString() })
      undo.push(() => lock.release())
      embedded = await openPglite(dataDir)
    }
    const db = embedded ?? openPostgres(databaseUrl ?? '', log)
    undo.push(() => db.close())
    for (const migration of await migrate(db, await readMigrations())) log.info({ migration }, 'database migrated')
    const analyses = createAnalysisStore(db, clock)
    if (embedded) {
      // The folder is ours alone, so any lease holder is dead.
      const leases = await analyses.releaseAll()
      if (leases > 0) log.info({ leases }, 'leases of an earlier process ended')
    }
    const queue = await startQueue(embedded ? { embedded } : { databaseUrl: databaseUrl ?? '' }, { log, sweepSeconds })
    undo.push(() => queue.stop())
    const ping = async () => {
      if (embedded) {
        await db.query(QUERIES.ping.sql)
        await expectRoom(dataDir ?? '')
      } else await expectWritable(db, clock.now())
    }
    return {
      analyses,
      reviews: createReviewStore(db, clock),
      claims: createReviewClaims(db, clock),
      watch: createWatchStore(db, clock),
      audit: createAuditTrail(db, clock),
      erasure: createErasureStore(db, clock),
      ledger: createWriteLedger(db, clock),
      workitems: createWorkitemStore(db),
      hints: createHintStore(db, clock),
      access: createAccessStore(db),
      notices: createNoticeStore(db, clock),
      concordance: createConcordanceStore(db, clock),
      switches: createHeadSwitches(db, clock),
      bundles: createBundleStore(db, clock),
      queue,
      time: () => timeNow(db, clock),
      ping,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
