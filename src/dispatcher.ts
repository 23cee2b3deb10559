// What sends requests under `fetch`. Node 24's own client ends the whole process, past every handler, when a peer closes a connection whose
// body has not been read yet (nodejs/undici#5360): one answer of an archive under load. The package's client does not.
import { Agent, setGlobalDispatcher } from 'undici'

setGlobalDispatcher(new Agent())
