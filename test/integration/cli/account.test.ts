// Local accounts by the command line: the password by the standard input, no default, audited; what does not fit is refused by name.
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isPassword } from '../../../src/identity/passwords.ts'
import type { AuditRow } from '../../../src/store/audit.ts'
import { withAccounts } from '../../../src/store/open-database.ts'
import { quietLog } from '../../support/quiet-log.ts'
import { realClock } from '../../support/real-clock.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
const PASSWORD = 'correct horse battery'
let folder: string
let config: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-account-'))
  config = join(folder, 'site.json')
  const settings = {
    pacs: { url: 'http://127.0.0.1:9' },
    ehr: { url: 'http://127.0.0.1:9', identifierSystem: 'urn:oid:1.2', analysisSystem: 'urn:oid:1.3' },
    store: { dataDir: join(folder, 'state') },
  }
  await writeFile(config, JSON.stringify(settings))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function run(input: string, ...args: string[]) {
  const options = { encoding: 'utf8' as const, input, env: { ...process.env, USER: 'root' } }
  return spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, '--config', config, 'account', ...args],
    options,
  )
}
const dora = ['add', 'dora', '--name', 'Dora Nine', '--identifier', 'P-77', '--role', 'reviewer', '--role', 'board']

it('adds, lists and removes an account, and says nothing of the password', async () => {
  const added = run(`${PASSWORD}\n`, ...dora)
  expect([added.status, added.stdout]).toEqual([0, 'account dora added (reviewer, board)\n'])
  await withAccounts(
    { dataDir: join(folder, 'state'), clock: realClock, log: quietLog },
    async ({ accounts, audit }) => {
      const [account] = await accounts.accounts()
      expect(account).toMatchObject({
        name: 'dora',
        person: { name: 'Dora Nine', identifier: 'P-77' },
        roles: ['reviewer', 'board'],
      })
      expect(await isPassword(PASSWORD, account!.passwordHash)).toBe(true)
      const rows: AuditRow[] = []
      for await (const row of audit.rows({})) rows.push(row)
      expect(rows.map(({ what, user }) => [what, user?.name])).toEqual([
        ['account dora added (reviewer, board)', 'root'],
      ])
      expect(JSON.stringify(rows)).not.toContain(PASSWORD)
    },
  )
  const again = run(PASSWORD, ...dora)
  expect([again.status, again.stderr]).toEqual([
    1,
    expect.stringContaining('ACCOUNT_INVALID: there is an account dora already'),
  ])
  expect(run('', 'list').stdout).toBe('dora  Dora Nine (P-77)  reviewer, board\n1 account\n')
  expect(run('', 'remove', 'dora').stdout).toBe('account dora: removed\n')
}, 240_000)

it('refuses a password that is too short, and keeps none', () => {
  const { status, stderr } = run('short', ...dora)
  expect([status, stderr]).toEqual([1, expect.stringContaining('12 to 200 characters')])
}, 120_000)
