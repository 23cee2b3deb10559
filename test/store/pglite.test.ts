// The store's contracts on the embedded database, in memory.

import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { openPglite } from '../../src/store/pglite.ts'
import { analysisStoreContract } from '../contract/analysis-store.ts'
import { auditTrailContract } from '../contract/audit-trail.ts'
import { reviewStoreContract } from '../contract/review-store.ts'
import { watchStoreContract } from '../contract/watch-store.ts'

const open = async () => {
  const db = await openPglite(undefined)
  await migrate(db, await readMigrations())
  return db
}

analysisStoreContract('PGlite', open)
watchStoreContract('PGlite', open)
auditTrailContract('PGlite', open)
reviewStoreContract('PGlite', open)
