// Sessions, sign-ins and accounts on the embedded database; test/integration/postgres.test.ts has the same on PostgreSQL.
import { accessStoreContract } from '../contract/access-store.ts'
import { openDatabase } from '../support/database.ts'

accessStoreContract('PGlite', openDatabase)
