// The ledger of writes to the EHR, embedded and in memory.
import { createMemoryLedger } from '../../src/fhir/writing/ledger.ts'
import { createWriteLedger } from '../../src/store/ledger.ts'
import { writeLedgerContract } from '../contract/write-ledger.ts'
import { openDatabase } from '../support/database.ts'

writeLedgerContract('PGlite', async (clock) => {
  const db = await openDatabase()
  return { ledger: createWriteLedger(db, clock), close: () => db.close() }
})
writeLedgerContract('memory', async (clock) => ({ ledger: createMemoryLedger(() => clock.now()) }))
