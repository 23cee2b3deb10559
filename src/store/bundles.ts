// The decisions on bundles, taken under a lock so that of two at once only one holds; and the cases of a shadow run, claimed so that each is computed once.
import type { BundleChange, ShadowCase } from '../domain/bundles.ts'
import type { BundleStore } from '../domain/ports/bundle-store.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Database, Queryable } from './database.ts'
import { timeOf } from './lease-time.ts'
import { QUERIES } from './queries.ts'

interface ChangeRow {
  change_id: string | number
  at: Date
  action: BundleChange['action']
  bundle: BundleChange['bundle'] | null
  by: string
  reason: string
}

export function createBundleStore(db: Database, clock: Clock): BundleStore {
  const time = () => timeOf(db, clock)
  const now = () => clock.now().toISOString()
  const lastOf = async (tx: Queryable) =>
    Number((await tx.query<Pick<ChangeRow, 'change_id'>>(QUERIES.lastBundleChange.sql))[0]?.change_id ?? 0)
  return {
    changes: async () => (await db.query<ChangeRow>(QUERIES.bundleChanges.sql)).map(toChange),
    decide: ({ action, bundle, by, reason }, version) =>
      db.transaction(async (tx) => {
        await tx.query(QUERIES.lockBundles.sql)
        if ((await lastOf(tx)) !== version) return false
        const values = [now(), action, bundle ? JSON.stringify(bundle) : null, by, reason]
        await tx.query(QUERIES.addBundleChange.sql, values)
        return true
      }),
    async claimCase({ candidate: { digest }, activeModel, since }, seconds) {
      for (;;) {
        const next = [time(), activeModel, since, digest]
        const [row] = await db.query<{ analysis_id: string }>(QUERIES.nextShadowCase.sql, next)
        if (!row) return undefined
        const values = [time(), row.analysis_id, digest, activeModel, seconds]
        const [claimed] = await db.query<{ attempts: number }>(QUERIES.claimShadowCase.sql, values)
        if (claimed) return { analysisId: row.analysis_id, attempts: claimed.attempts }
      }
    },
    async keepCase({ digest }, result) {
      const values = [result.analysisId, digest, now(), JSON.stringify(result)]
      await db.query(QUERIES.keepShadowCase.sql, values)
    },
    async releaseCase({ digest }, analysisId, afterSeconds, uncounted) {
      const values = [time(), analysisId, digest, afterSeconds, Number(uncounted)]
      await db.query(QUERIES.releaseShadowCase.sql, values)
    },
    async cases({ candidate: { digest }, activeModel, since }) {
      const values = [digest, activeModel, since]
      const rows = await db.query<{ comparison: ShadowCase }>(QUERIES.shadowCases.sql, values)
      return rows.map(({ comparison }) => comparison)
    },
    isAnalysisDue: async () => (await db.query(QUERIES.analysisDue.sql, [time()])).length > 0,
  }
}

function toChange({ change_id, at, action, bundle, by, reason }: ChangeRow): BundleChange {
  return { changeId: Number(change_id), at: at.toISOString(), action, ...(bundle && { bundle }), by, reason }
}
