// The reference of all settings as Markdown, generated from the schema: docs/settings.md.
import { environmentVariables, isSecret } from './environment.ts'
import { settingsJsonSchema } from './schema.ts'

interface JsonNode {
  type?: string
  const?: string
  description?: string
  default?: unknown
  enum?: unknown[]
  minimum?: number
  maximum?: number
  items?: JsonNode
  oneOf?: JsonNode[]
  properties?: Record<string, JsonNode>
  additionalProperties?: JsonNode | boolean
  required?: string[]
}

const OPENING = `# Settings

Generated from the schema (\`src/settings\`); regenerate with \`npx vitest run test/settings -u\`. A settings file is JSON, comments allowed; \`gliabridge init\` writes one,
\`config/settings.schema.json\` lets editors complete it, and \`gliabridge check-config\` tries it. Unknown keys are refused.

**Environment.** Every setting has a variable, which goes over the file. Lists of texts or numbers are separated by commas; objects, and lists of them, are JSON as in the file.
The variable of a secret holds the secret itself. An empty variable counts as not set.

**Secrets** stand in no settings file: \`{"env": "NAME"}\` names a variable, \`{"file": "/run/secrets/name"}\` a file that holds nothing else. Any variable of ours can be given
as a file too: \`GLIABRIDGE_PACS_PASSWORD_FILE=/run/secrets/pacs\`. Shorthands: \`GLIABRIDGE_PACS_USERNAME\` and \`GLIABRIDGE_PACS_PASSWORD\`, or \`GLIABRIDGE_PACS_TOKEN\`;
the same with \`EHR\`; \`DATABASE_URL\`, where the file names no database. \`GLIABRIDGE_CONFIG\` names the settings file. \`NODE_EXTRA_CA_CERTS\` names a file with further certificate authorities,
\`GLIABRIDGE_TLS_CLIENT_CERT_FILE\` and \`GLIABRIDGE_TLS_CLIENT_KEY_FILE\` our certificate for mutual TLS; \`HTTP_PROXY\`, \`HTTPS_PROXY\` and \`NO_PROXY\` name proxies.
`

export function settingsReference(): string {
  const { properties = {} } = settingsJsonSchema() as JsonNode
  const variables = new Map(environmentVariables().map(({ name, path }) => [path.join('.'), name]))
  const sections = Object.entries(properties)
    .filter(([name]) => name !== '$schema')
    .map(([name, node]) => section(name, node, variables))
  return `${OPENING}${sections.join('')}`
}

function section(name: string, node: JsonNode, variables: ReadonlyMap<string, string>): string {
  const rows = rowsOf([name], node, variables)
  const table = ['| setting | default | meaning |', '|---|---|---|', ...rows].join('\n')
  return `\n## ${name}\n${table}\n`
}

function rowsOf(path: string[], node: JsonNode, variables: ReadonlyMap<string, string>): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const at = [...path, key]
    if (child.properties && !isSecret(child)) return rowsOf(at, child, variables)
    const kind = isSecret(child) ? 'a reference' : kindOf(child)
    return [row(at, child, kind, (node.required ?? []).includes(key), variables.get(at.join('.')))]
  })
}

function row(at: string[], node: JsonNode, kind: string, isRequired: boolean, variable: string | undefined): string {
  const fallback = isRequired
    ? '**required**'
    : node.default === undefined
      ? '–'
      : `\`${JSON.stringify(node.default)}\``
  const name = variable === undefined ? '' : `<br>\`${variable}\``
  const choices = (node.oneOf ?? []).map(choice).join('')
  const meaning = `${node.description ?? ''} ${kind === '' ? '' : `_${kind}_`}${choices}`.trim().replaceAll('|', '\\|')
  return `| \`${at.join('.')}\`${name} | ${fallback.replaceAll('|', '\\|')} | ${meaning} |`
}

/** One form of a union, with its keys: "`client-credentials`: `clientId`, `scope` (optional)". */
function choice({ properties = {}, required = [] }: JsonNode): string {
  const { type, ...rest } = properties
  const keys = Object.entries(rest).map(([key, { description = '' }]) => {
    const optional = required.includes(key) ? '' : ' (optional)'
    return `\`${key}\`${optional}${description === '' ? '' : `: ${description}`}`
  })
  return `<br>• \`${type?.const ?? ''}\`${keys.length > 0 ? ` ${keys.join(' ')}` : ''}`
}

function kindOf({ type, enum: values, minimum, maximum, items, oneOf, additionalProperties }: JsonNode): string {
  if (values) return values.map(String).join(', ')
  if (oneOf) return 'one of'
  if (type === 'integer') return `whole number, ${minimum} to ${maximum}`
  if (type === 'boolean') return 'true or false'
  if (type === 'array') return items?.enum ? `list of ${items.enum.join(', ')}` : 'list'
  return typeof additionalProperties === 'object' ? 'object' : ''
}
