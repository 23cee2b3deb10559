// Builds the settings file of a site from its answers: JSON with a comment above each setting, in the words of the schema.
import { AppError } from '../../domain/errors.ts'
import { settingsJsonSchema } from '../../settings/schema.ts'
import type { Answers } from './questions.ts'

/** Raw settings from the answers so far; unanswered ones are left out. Throws SETTINGS_INVALID for a malformed reference. */
export function settingsOf(answers: Answers): Record<string, unknown> {
  const { providers, port } = answers
  const text = (key: string) => answers[key] || undefined
  return pruned({
    pacs: { url: text('pacs-url'), auth: pacsAuth(answers) },
    ehr: {
      url: text('ehr-url'),
      auth: ehrAuth(answers),
      identifierSystem: text('identifier-system'),
      analysisSystem: text('analysis-system'),
    },
    inference: { bundle: text('bundle'), providers: providers?.split(',').map((one) => one.trim()) },
    store: { databaseUrl: reference(answers, 'database-url'), dataDir: text('data-dir') },
    http: {
      host: text('host'),
      port: port ? Number(port) : undefined,
      token: reference(answers, 'http-token'),
      viewerUrl: text('viewer-url'),
    },
    institution: { name: text('institution'), timeZone: text('time-zone') },
  })
}

function pacsAuth(answers: Answers) {
  if (answers['pacs-user']) return basic(answers['pacs-user'], reference(answers, 'pacs-password'))
  const token = reference(answers, 'pacs-token')
  return token && { type: 'bearer', token }
}

function ehrAuth(answers: Answers) {
  const { 'ehr-client-id': clientId, 'ehr-key-file': keyFile, 'ehr-user': user } = answers
  const shared = { clientId, tokenUrl: answers['ehr-token-url'] || undefined, scope: answers['ehr-scope'] || undefined }
  if (clientId && keyFile) return { type: 'smart-backend', ...shared, keyFiles: [keyFile] }
  if (clientId) return { type: 'client-credentials', ...shared, clientSecret: reference(answers, 'ehr-client-secret') }
  if (user) return basic(user, reference(answers, 'ehr-password'))
  const token = reference(answers, 'ehr-token')
  return token && { type: 'bearer', token }
}

function basic(username: string, password: unknown) {
  return { type: 'basic', username, password }
}

/** Turns "env:NAME" or "file:/path" into the form of the settings; a secret itself is refused, so that it ends up in no file and no shell history. */
function reference(answers: Answers, key: string): { env: string } | { file: string } | undefined {
  const given = answers[key]
  if (!given) return undefined
  const [, kind, name] = /^(env|file):(.+)$/.exec(given) ?? []
  if (kind === 'env') return { env: name! }
  if (kind === 'file') return { file: name! }
  throw new AppError('SETTINGS_INVALID', `--${key} must be env:NAME or file:/path, and not the secret itself`)
}

function pruned(value: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(value).flatMap(([key, child]) => {
    if (child === undefined) return []
    const kept = isObject(child) ? pruned(child) : child
    return isObject(kept) && Object.keys(kept).length === 0 ? [] : [[key, kept] as const]
  })
  return Object.fromEntries(entries)
}

interface JsonNode {
  description?: string
  properties?: Record<string, JsonNode>
}

/** JSON with comments, in the terms of docs/settings.md. */
export function siteFile(settings: Record<string, unknown>): string {
  const head =
    '// Settings of this site. All settings: docs/settings.md. Try them: gliabridge --config <this file> check-config\n'
  return `${head}${object(settings, settingsJsonSchema() as JsonNode, '')}\n`
}

function object(value: Record<string, unknown>, node: JsonNode | undefined, indent: string): string {
  const inner = `${indent}  `
  const entries = Object.entries(value).map(([key, child]) => {
    const schema = node?.properties?.[key]
    const comment = schema?.description ? `${inner}// ${schema.description.replaceAll('\n', ' ')}\n` : ''
    const written =
      isObject(child) && schema?.properties && !('env' in child) && !('file' in child)
        ? object(child, schema, inner)
        : JSON.stringify(child)
    return `${comment}${inner}${JSON.stringify(key)}: ${written}`
  })
  return `{\n${entries.join(',\n')}\n${indent}}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
