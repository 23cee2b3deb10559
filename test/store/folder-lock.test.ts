// One process at a time on a data folder: a live holder refuses others, a killed one leaves nothing behind.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lockFolder } from '../../src/store/folder-lock.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-lock-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const holder = { pid: process.pid, since: '2026-03-01T03:00:00.000Z' }

it('refuses a second holder by name, also in the same process, and frees the folder', () => {
  const lock = lockFolder(folder, holder)
  expect(() => lockFolder(folder, holder)).toThrow(
    expect.objectContaining({
      code: 'DATA_FOLDER_IN_USE',
      message: `the data folder ${folder} is used by process ${process.pid} since 2026-03-01T03:00:00.000Z`,
    }),
  )
  lock.release()
  lockFolder(folder, holder).release()
})

it('makes the folder when it is not there', () => {
  lockFolder(join(folder, 'a', 'b'), holder).release()
})

it('is free again after kill -9 of its holder', async () => {
  const script = `import { lockFolder } from ${JSON.stringify(new URL('../../src/store/folder-lock.ts', import.meta.url).href)}
    lockFolder(${JSON.stringify(folder)}, { pid: process.pid, since: 'then' })
    process.stdout.write('locked')
    setInterval(() => {}, 1000)`
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  await once(child.stdout, 'data')
  expect(() => lockFolder(folder, holder)).toThrow(`process ${child.pid} since then`)
  child.kill('SIGKILL')
  await once(child, 'exit')
  lockFolder(folder, holder).release()
})
