// Earlier studies that only the archive knows, on the demo archive.
import { startDemoArchive } from '../../../demo/archive/archive-server.ts'
import { archivedPriorContract } from '../../contract/archived-prior.ts'

archivedPriorContract('the demo archive', async () => {
  const { url, close } = await startDemoArchive()
  return { connection: { url, auth: { type: 'none' } }, close }
})
