// The demo archive against the contract that a real Orthanc meets as well.

import { startDemoArchive } from '../../demo/archive/archive-server.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import { imageArchiveContract } from '../contract/image-archive.ts'
import { createKeptLog } from '../support/quiet-log.ts'

imageArchiveContract('the demo archive', async () => {
  const { url, close } = await startDemoArchive()
  const archive = createDicomWebClient({ url, auth: { type: 'none' }, timeoutMs: 30_000, log: createKeptLog() })
  return { archive, close }
})
