// The client behind `fetch`. Node 24's own ends the whole process, bypassing every handler, when a peer closes a connection whose
// body has not been read yet (nodejs/undici#5360); a single response from an archive under load can do that. The package's client does not.
import { setGlobalDispatcher } from 'undici'
import { asAppError } from './domain/errors.ts'
import { createDispatcher } from './outgoing.ts'

try {
  setGlobalDispatcher(createDispatcher(process.env))
} catch (thrown) {
  // Nothing else is running yet that could report it.
  const { code, message, hint } = asAppError(thrown)
  process.stderr.write(`gliabridge: ${code}: ${message}\n  ${hint}\n`)
  process.exit(2)
}
