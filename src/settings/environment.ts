// Settings from the environment: GLIABRIDGE_<SECTION>_<KEY> overrides the file.
import { z } from 'zod'
import { settingsSchema } from './schema.ts'
import type { Environment } from './schema-parts.ts'

export interface Variable {
  name: string
  path: string[]
  /** json: an object or a list of them, as in a settings file. secret: the variable is the secret itself. */
  kind: 'text' | 'number' | 'boolean' | 'list' | 'numbers' | 'json' | 'secret'
  description: string
}

interface JsonNode {
  type?: string
  description?: string
  properties?: Record<string, JsonNode>
  items?: JsonNode
}

/** Sections whose credentials the environment may provide as a whole: _TOKEN, or _USERNAME and _PASSWORD. */
const CREDENTIALS = ['pacs', 'ehr'] as const

/** One variable per setting, derived from the schema. */
export function environmentVariables(): Variable[] {
  const schema = z.toJSONSchema(settingsSchema({}), { io: 'input', target: 'draft-7' }) as JsonNode
  const variables: Variable[] = []
  const visit = (node: JsonNode, path: string[]) => {
    if (node.properties && !isSecret(node)) {
      for (const [key, child] of Object.entries(node.properties)) if (key !== '$schema') visit(child, [...path, key])
      return
    }
    variables.push({ name: nameOf(path), path, kind: kindOf(node), description: node.description ?? '' })
  }
  visit(schema, [])
  return variables
}

/** A copy of `raw` with the environment's values; empty variables count as not set. Whatever does not fit is left for the schema to refuse. */
export function withEnvironment(raw: unknown, env: Environment): unknown {
  if (!isObject(raw)) return raw
  // A missing section counts as empty: its required settings are then named one by one.
  const settings: Record<string, unknown> = { pacs: {}, ehr: {}, ...structuredClone(raw) }
  for (const { name, path, kind } of environmentVariables()) {
    const text = env[name]
    if (text !== undefined && text !== '') put(settings, path, kind === 'secret' ? { env: name } : convert(text, kind))
  }
  for (const section of CREDENTIALS) {
    const name = (part: string) => nameOf([section, part])
    if (isObject(settings[section]) && 'auth' in settings[section]) continue
    if (env[name('token')]) put(settings, [section, 'auth'], { type: 'bearer', token: { env: name('token') } })
    else if (env[name('username')]) {
      put(settings, [section, 'auth'], {
        type: 'basic',
        username: env[name('username')],
        password: { env: name('password') },
      })
    }
  }
  // The name that other programs use, too: it may be meant for them, and does not go over the file.
  const database = ['store', 'databaseUrl']
  if (env.DATABASE_URL && lookUp(settings, database) === undefined) put(settings, database, { env: 'DATABASE_URL' })
  return settings
}

/** A reference, {"env": …} or {"file": …}. */
export function isSecret({ properties }: Pick<JsonNode, 'properties'>): boolean {
  return properties?.env !== undefined && properties.file !== undefined
}

function kindOf(node: JsonNode): Variable['kind'] {
  const { type, items } = node
  if (isSecret(node)) return 'secret'
  if (type === 'string') return 'text'
  if (type === 'integer' || type === 'number') return 'number'
  if (type === 'boolean') return 'boolean'
  if (type === 'array' && items?.type === 'string') return 'list'
  if (type === 'array' && items?.type === 'integer') return 'numbers'
  return 'json'
}

function convert(text: string, kind: Variable['kind']): unknown {
  if (kind === 'json') return readJson(text)
  if (kind === 'numbers') return text.split(',').map((part) => convert(part.trim(), 'number'))
  if (kind === 'list') return text.split(',').map((part) => part.trim())
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  if (kind === 'number' && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  return text
}

/** Anything that is not JSON stays text, for the schema to refuse. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** ["pacs", "poll", "intervalSeconds"] → GLIABRIDGE_PACS_POLL_INTERVAL_SECONDS */
function nameOf(path: string[]): string {
  return `GLIABRIDGE_${path.map((part) => part.replace(/[A-Z]/g, '_$&').replaceAll('-', '_').toUpperCase()).join('_')}`
}

function put(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [first, ...rest] = path
  if (first === undefined) return
  if (rest.length === 0) {
    target[first] = value
    return
  }
  target[first] ??= {}
  const next = target[first]
  if (isObject(next)) put(next, rest, value)
}

function lookUp(target: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((node, key) => (isObject(node) ? node[key] : undefined), target)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
