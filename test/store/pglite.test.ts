// The store's contracts on the embedded database, in memory.

import { analysisStoreContract } from '../contract/analysis-store.ts'
import { auditTrailContract } from '../contract/audit-trail.ts'
import { reviewStoreContract } from '../contract/review-store.ts'
import { watchStoreContract } from '../contract/watch-store.ts'
import { openDatabase } from '../support/database.ts'

const open = async () => {
  const db = await openDatabase()
  return db
}

analysisStoreContract('PGlite', open)
watchStoreContract('PGlite', open)
auditTrailContract('PGlite', open)
reviewStoreContract('PGlite', open)
