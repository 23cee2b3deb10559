// Reads the settings file, when there is one.
import { readFile } from 'node:fs/promises'
import { AppError } from '../domain/errors.ts'
import { jsonExcess } from '../domain/json-excess.ts'
import { parseSettings } from './parse.ts'
import type { Settings } from './schema.ts'
import type { Environment } from './schema-parts.ts'

/** `path`, else the variable GLIABRIDGE_CONFIG, else the environment alone. Throws SETTINGS_INVALID. */
export async function readSettings(path: string | undefined, env: Environment): Promise<Settings> {
  const file = path ?? env.GLIABRIDGE_CONFIG
  if (!file) return parseSettings({}, env, 'the environment (no settings file was given)')
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code})`
    throw new AppError('SETTINGS_INVALID', `the settings file ${file} ${why}`, { cause: error })
  })
  return parseSettings(parseJson(text, file), env, file)
}

function parseJson(text: string, file: string): unknown {
  const excess = jsonExcess(text)
  if (excess) throw new AppError('SETTINGS_INVALID', `the settings file ${file} ${excess}`)
  try {
    return JSON.parse(text)
  } catch (error) {
    // The message of the parser quotes the text around the place, which may be a secret; only the place is kept.
    const place = /\(line \d+ column \d+\)/.exec((error as Error).message)?.[0] ?? ''
    throw new AppError('SETTINGS_INVALID', `the settings file ${file} is not valid JSON ${place}`.trim())
  }
}
