// Turns raw settings and the environment into settings, or reports every problem at once.
import type { z } from 'zod'
import { AppError } from '../domain/errors.ts'
import { withEnvironment } from './environment.ts'
import { type Settings, settingsJsonSchema, settingsSchema } from './schema.ts'
import type { Environment } from './schema-parts.ts'

/** Throws SETTINGS_INVALID with one line per problem: the path and what to do. Values are not repeated, since they may be secret. */
export function parseSettings(raw: unknown, env: Environment, source = 'settings'): Settings {
  const parsed = settingsSchema(env).safeParse(withEnvironment(raw, env), { reportInput: true })
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.flatMap(describe)
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  throw new AppError(
    'SETTINGS_INVALID',
    [`${count} in ${source}:`, ...problems.map((problem) => `- ${problem}`)].join('\n'),
  )
}

function describe(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String)
  const at = path.join('.') || 'the file'
  if (issue.code === 'unrecognized_keys') {
    const keys = keysAt(path)
    return issue.keys.map((key) => {
      const near = nearest(key, keys)
      return `${[...path, key].join('.')} is not a setting${near ? `; did you mean ${[...path, near].join('.')}?` : ''}`
    })
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) return [`${at} is missing`]
  return [
    `${at} ${issue.message.startsWith('Invalid input') && issue.code === 'invalid_type' ? `must be ${article(issue.expected)}` : issue.message}`,
  ]
}

interface JsonNode {
  properties?: Record<string, JsonNode>
}

function keysAt(path: readonly string[]): string[] {
  let node: JsonNode | undefined = settingsJsonSchema() as JsonNode
  for (const key of path) node = node?.properties?.[key]
  return Object.keys(node?.properties ?? {})
}

function article(expected: string): string {
  const names: Record<string, string> = {
    object: 'an object',
    array: 'a list',
    string: 'a text',
    int: 'a whole number',
    number: 'a number',
  }
  return names[expected] ?? `a ${expected}`
}

/** The one name that was most likely meant; none if less than half of it matches. */
function nearest(key: string, keys: readonly string[]): string | undefined {
  const ranked = keys
    .map((name) => ({ name, off: distance(key.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.off - b.off)
  const [best, second] = ranked
  if (best === undefined || best.off > 2 || best.off * 2 >= key.length || best.off === second?.off) return undefined
  return best.name
}

/** Damerau-Levenshtein distance (optimal string alignment), for short names: two swapped letters count as one mistake. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i += 1) {
    const [row, before] = [rows[i - 1]!, rows[i - 2]]
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const swapped = before && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : Infinity
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1), swapped))
    }
    rows.push(next)
  }
  return rows.at(-1)![b.length]!
}
