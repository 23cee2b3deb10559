// The ledger of writes to the EHR, embedded and in memory.
import { createMemoryLedger } from '../../src/fhir/writing/ledger.ts'
import { createWriteLedger } from '../../src/store/ledger.ts'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { openPglite } from '../../src/store/pglite.ts'
import { writeLedgerContract } from '../contract/write-ledger.ts'

writeLedgerContract('PGlite', async (clock) => {
  const db = await openPglite(undefined)
  await migrate(db, await readMigrations())
  return { ledger: createWriteLedger(db, clock), close: () => db.close() }
})
writeLedgerContract('memory', async (clock) => ({ ledger: createMemoryLedger(() => clock.now()) }))
