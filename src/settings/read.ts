// Reads the settings file, if there is one, and the files that hold secrets.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { fileURLToPath } from 'node:url'
import { AppError } from '../domain/errors.ts'
import { jsonExcess } from '../domain/json-excess.ts'
import { unreadable } from '../domain/unreadable.ts'
import { withoutComments } from './comments.ts'
import { withEnvironment } from './environment.ts'
import { parseSettings } from './parse.ts'
import type { Settings } from './schema.ts'
import { type Environment, fileProblem, fileVariable } from './schema-parts.ts'

/** Reads `path`, otherwise the file named by GLIABRIDGE_CONFIG, otherwise the environment alone. Throws SETTINGS_INVALID. */
export async function readSettings(path: string | undefined, env: Environment): Promise<Settings> {
  const file = path ?? env.GLIABRIDGE_CONFIG
  const given = await withSecretFiles(env)
  if (!file) return readRawSettings({}, given, 'the environment (no settings file was given)')
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new AppError('SETTINGS_INVALID', `the settings file ${unreadable(file, error, userName())}`, { cause: error })
  })
  return readRawSettings(parseJson(text, file), given, file)
}

/** The same for settings that are not in a file yet. */
export async function readRawSettings(raw: unknown, env: Environment, source: string): Promise<Settings> {
  // A variable may name a file, too.
  const files = await readSecrets(secretFiles(withEnvironment(raw, env)))
  return located(parseSettings(raw, { ...env, ...files }, source))
}

function located(settings: Settings): Settings {
  return { ...settings, inference: { ...settings.inference, bundle: bundleFolder(settings.inference.bundle) } }
}

/** A bundle that comes with the program is found from any working directory. */
export function bundleFolder(folder: string): string {
  if (existsSync(folder)) return folder
  const shipped = fileURLToPath(new URL(folder, new URL('../../', import.meta.url)))
  return existsSync(shipped) ? shipped : folder
}

/** GLIABRIDGE_PACS_PASSWORD_FILE names a file with what GLIABRIDGE_PACS_PASSWORD would contain: this is how containers receive secrets. */
async function withSecretFiles(env: Environment): Promise<Environment> {
  const given: Record<string, string | undefined> = { ...env }
  for (const [name, path] of Object.entries(env)) {
    // The files of our certificate are read when connections are made.
    const target = /^(GLIABRIDGE_(?!TLS_)\w+|DATABASE_URL)_FILE$/.exec(name)?.[1]
    if (target === undefined || !path) continue
    if (env[target]) throw new AppError('SETTINGS_INVALID', `${target} and ${name} are both set; one is enough`)
    given[target] = await readSecret(path).catch((error: NodeJS.ErrnoException) => {
      throw new AppError('SETTINGS_INVALID', `${name} names a file: ${unreadable(path, error, userName())}`)
    })
  }
  return given
}

/** Paths of every {"file": …} in the settings. */
function secretFiles(raw: unknown): string[] {
  if (typeof raw !== 'object' || raw === null) return []
  const { file } = raw as { file?: unknown }
  if (typeof file === 'string' && Object.keys(raw).length === 1) return [file]
  return Object.values(raw).flatMap(secretFiles)
}

async function readSecrets(paths: readonly string[]): Promise<Record<string, string>> {
  const read = async (path: string): Promise<[string, string]> => {
    try {
      return [fileVariable(path), await readSecret(path)]
    } catch (error) {
      // The schema then reports it together with all other problems, under the name of the setting.
      return [fileProblem(path), unreadable(path, error, userName())]
    }
  }
  return Object.fromEntries(await Promise.all(paths.map(read)))
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // A container may run as a number that has no name.
    return `user ${process.getuid?.()}`
  }
}

/** Without the line end that editors and `echo` add. */
async function readSecret(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).replace(/\r?\n$/, '')
}

function parseJson(text: string, file: string): unknown {
  const excess = jsonExcess(text)
  if (excess) throw new AppError('SETTINGS_INVALID', `the settings file ${file} ${excess}`)
  try {
    return JSON.parse(withoutComments(text))
  } catch (error) {
    // The parser's message quotes the text around the position, which may be a secret; only the position is kept.
    const place = /\(line \d+ column \d+\)/.exec((error as Error).message)?.[0] ?? ''
    throw new AppError('SETTINGS_INVALID', `the settings file ${file} is not valid JSON ${place}`.trim())
  }
}
