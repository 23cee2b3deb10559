// What sends requests under `fetch`. Node 24's own client ends the whole process, past every handler, when a peer closes a connection whose
// body has not been read yet (nodejs/undici#5360): one answer of an archive under load. The package's client does not.
import { setGlobalDispatcher } from 'undici'
import { asAppError } from './domain/errors.ts'
import { createDispatcher } from './outgoing.ts'

try {
  setGlobalDispatcher(createDispatcher(process.env))
} catch (thrown) {
  // Nothing else runs yet that could tell it.
  const { code, message, hint } = asAppError(thrown)
  process.stderr.write(`gliabridge: ${code}: ${message}\n  ${hint}\n`)
  process.exit(2)
}
