// Back-up and restore of the embedded state: everything is there again, the audit's chain holds, and nothing is overwritten.
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { backUp, restore } from '../../src/store/backup.ts'
import { lockFolder } from '../../src/store/folder-lock.ts'
import { withAuditStore } from '../../src/store/open-database.ts'
import { openStore } from '../../src/store/store.ts'
import { quietLog } from '../support/quiet-log.ts'
import { realClock } from '../support/real-clock.ts'

const SINCE = '2026-03-01T00:00:00.000Z'
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-backup-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const open = (dataDir: string) => openStore({ dataDir, clock: realClock, log: quietLog })
const analysis = { bundleId: 'b', bundleDigest: 'd', modelDigest: 'm', instanceSetDigest: 's' }

it('brings the state back: records, artefacts, cursors, and the audit as a whole chain', async () => {
  const [from, to, file] = ['from', 'to', 'state.tar.gz'].map((name) => join(folder, name)) as [string, string, string]
  const store = await open(from)
  await store.analyses.register({ analysisId: 'a-1', studyInstanceUid: '1.2.3', ...analysis })
  await store.analyses.move('a-1', 'running')
  const bytes = Uint8Array.of(7, 0, 255, 3)
  await store.analyses.saveResult('a-1', { noFinding: true }, [{ role: 'pdf', mediaType: 'application/pdf', bytes }])
  await store.watch.setCursor('qido', 'here')
  for (const what of ['one', 'two'])
    await store.audit.record({ action: 'read', target: 'pacs', studyInstanceUid: '1.2.3', what, outcome: 'success' })
  await store.close()

  expect(await backUp(from, file, SINCE)).toMatchObject({ analyses: 1, auditRows: 2 })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await restore(to, file, SINCE)).toMatchObject({ analyses: 1, auditRows: 2 })

  const back = await open(to)
  expect(await back.analyses.get('a-1')).toMatchObject({ state: 'analysed', summary: { noFinding: true } })
  expect((await back.analyses.artifact('a-1', 'pdf'))?.bytes).toEqual(bytes)
  expect(await back.watch.cursor('qido')).toBe('here')
  await back.close()
  const verified = await withAuditStore({ dataDir: to, clock: realClock, log: quietLog }, (audit) => audit.verify())
  expect(verified).toMatchObject({ rows: 2, problems: [] })
}, 300_000)

it('overwrites nothing, and takes nothing while the service has the folder', async () => {
  const [from, file] = [join(folder, 'from'), join(folder, 'state.tar.gz')]
  await expect(backUp(from, file, SINCE)).rejects.toThrow('is there already')
  await expect(restore(from, file, SINCE)).rejects.toThrow('already holds data')
  const lock = lockFolder(from, { pid: process.pid, since: SINCE })
  await expect(backUp(from, join(folder, 'other.tar.gz'), SINCE)).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' })
  lock.release()
  await expect(backUp(join(folder, 'none'), join(folder, 'x'), SINCE)).rejects.toThrow('there is no state')
}, 300_000)

it('refuses what is no back-up, and leaves no half state behind', async () => {
  const [to, file] = [join(folder, 'odd'), join(folder, 'odd.tar.gz')]
  const whole = await readFile(join(folder, 'state.tar.gz'))
  for (const bytes of [Buffer.from('no archive'), whole.subarray(0, whole.length >> 1), gzipSync('no archive')]) {
    await writeFile(file, bytes)
    await expect(restore(to, file, SINCE)).rejects.toThrow('is no back-up of a state, or it is damaged')
  }
  expect(existsSync(join(to, 'database'))).toBe(false)
  await expect(restore(to, join(folder, 'missing'), SINCE)).rejects.toThrow('does not exist (ENOENT)')
}, 300_000)
