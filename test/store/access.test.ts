// Sessions, sign-ins and accounts on the embedded database; test/integration/postgres.test.ts has the same on PostgreSQL.
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { openPglite } from '../../src/store/pglite.ts'
import { accessStoreContract } from '../contract/access-store.ts'

accessStoreContract('PGlite', async () => {
  const db = await openPglite(undefined)
  await migrate(db, await readMigrations())
  return db
})
