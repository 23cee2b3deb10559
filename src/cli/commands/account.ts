// gliabridge account: local accounts, for a site without an identity provider. Passwords are read from standard input and never stored in the clear.
import { text } from 'node:stream/consumers'
import { systemClock } from '../../clock.ts'
import { ROLES, type Role } from '../../domain/access.ts'
import { AppError } from '../../domain/errors.ts'
import type { AccountStore } from '../../domain/ports/access-store.ts'
import { hashPassword, passwordProblem } from '../../identity/passwords.ts'
import { readSettings } from '../../settings/read.ts'
import { withAccounts } from '../../store/open-database.ts'
import { createLog } from '../../telemetry/log.ts'

export interface AccountOptions {
  name: string
  identifier: string
  role: string[]
  organization?: string
  by?: string
}

export async function accountAddCommand(
  config: string | undefined,
  account: string,
  options: AccountOptions,
): Promise<void> {
  const { name, identifier, organization } = options
  const login = loginOf(account)
  const roles = rolesOf(options.role)
  const passwordHash = await hashPassword(await passwordFromInput(login))
  const person = {
    identifier: filled('--identifier', identifier, 64),
    name: filled('--name', name, 100),
    ...(organization && { organization }),
  }
  await change(config, options, `account ${login} added (${roles.join(', ')})`, async (accounts) => {
    if (!(await accounts.addAccount({ name: login, person, roles, passwordHash })))
      throw new AppError('ACCOUNT_INVALID', `there is an account ${login} already`)
  })
}

export async function accountPasswordCommand(config: string | undefined, account: string, options: { by?: string }) {
  const login = loginOf(account)
  const passwordHash = await hashPassword(await passwordFromInput(login))
  await change(config, options, `account ${login}: new password`, async (accounts) =>
    mustBeThere(login, await accounts.setPassword(login, passwordHash)),
  )
}

export async function accountUnlockCommand(config: string | undefined, account: string, options: { by?: string }) {
  const login = loginOf(account)
  await change(config, options, `account ${login}: unlocked`, async (accounts) =>
    mustBeThere(login, await accounts.unlock(login)),
  )
}

export async function accountRemoveCommand(config: string | undefined, account: string, options: { by?: string }) {
  const login = loginOf(account)
  await change(config, options, `account ${login}: removed`, async (accounts) =>
    mustBeThere(login, await accounts.removeAccount(login)),
  )
}

export async function accountListCommand(config: string | undefined): Promise<void> {
  await withAccounts(await placeOf(config), async ({ accounts }) => {
    const all = await accounts.accounts()
    const now = systemClock.now().toISOString()
    for (const { name, person, roles, lockedUntil } of all)
      process.stdout.write(
        `${name}  ${person.name} (${person.identifier})  ${roles.join(', ')}${lockedUntil !== undefined && lockedUntil > now ? `  locked until ${lockedUntil}` : ''}\n`,
      )
    process.stdout.write(`${all.length} ${all.length === 1 ? 'account' : 'accounts'}\n`)
  })
}

async function placeOf(config: string | undefined) {
  const { store, log } = await readSettings(config, process.env)
  return { ...store, clock: systemClock, log: createLog(log.level === 'info' ? 'warn' : log.level) }
}

/** Makes the change, then audits it in the name of the person who asked for it. */
async function change(
  config: string | undefined,
  { by = process.env.USER ?? process.env.LOGNAME ?? 'command line' }: { by?: string },
  what: string,
  work: (accounts: AccountStore) => Promise<void>,
): Promise<void> {
  await withAccounts(await placeOf(config), async ({ audit, accounts }) => {
    await work(accounts)
    const user = { identifier: by, name: by }
    await audit.record({ action: 'write', target: 'store', studyInstanceUid: '', what, outcome: 'success', user })
  })
  process.stdout.write(`${what}\n`)
}

function mustBeThere(login: string, isThere: boolean): void {
  if (!isThere) throw new AppError('ACCOUNT_INVALID', `there is no account ${login}`)
}

function loginOf(account: string): string {
  if (/^[\p{L}\p{N}._@-]{1,64}$/u.test(account)) return account
  throw new AppError('ACCOUNT_INVALID', 'an account has up to 64 letters, digits, dots, hyphens, "_" and "@"')
}

function rolesOf(given: readonly string[]): Role[] {
  const roles = ROLES.filter((role) => given.includes(role))
  if (roles.length > 0 && roles.length === new Set(given).size) return roles
  throw new AppError('ACCOUNT_INVALID', `--role must be given, and be one of ${ROLES.join(', ')}; it can be repeated`)
}

function filled(option: string, value: string, most: number): string {
  const trimmed = value.trim()
  if (trimmed !== '' && trimmed.length <= most) return trimmed
  throw new AppError('ACCOUNT_INVALID', `${option} must have 1 to ${most} characters`)
}

/** Reads one line, since a process's command line is visible to every user of the machine. */
async function passwordFromInput(login: string): Promise<string> {
  if (process.stdin.isTTY)
    throw new AppError(
      'ACCOUNT_INVALID',
      'the password is read from the standard input, so that no screen shows it: printf %s "$PASSWORD" | gliabridge account …',
    )
  const password = (await text(process.stdin)).replace(/\r?\n$/, '')
  const problem = passwordProblem(password, login)
  if (problem !== undefined) throw new AppError('ACCOUNT_INVALID', problem)
  return password
}
