// gliabridge accept: checks a site's own studies against limits it stated beforehand; writes one signed document, as JSON and PDF.
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { acceptBundle } from '../../compose-acceptance.ts'
import { documentOf } from '../../domain/acceptance.ts'
import { sha256Of } from '../../domain/digest.ts'
import { AppError } from '../../domain/errors.ts'
import { fontFiles } from '../../fonts/files.ts'
import { drawAcceptancePdf } from '../../reports/acceptance-report.ts'
import { readSettings } from '../../settings/read.ts'
import { createLog } from '../../telemetry/log.ts'
import { ACCEPTANCE, limitWords, measuredWords, verifyCommand } from '../../wording/acceptance.ts'

export interface AcceptCommandOptions {
  studies?: string
  query?: string
  limits: string
  labels?: string
  out: string
}

const PLAN = 'plan.json'
const JSON_FILE = 'acceptance.json'
const PDF_FILE = 'acceptance.pdf'

/** Exit code 0 only if the decision is go. */
export async function acceptCommand(config: string | undefined, options: AcceptCommandOptions): Promise<void> {
  const source = sourceOf(options)
  const settings = await readSettings(config, process.env)
  const key = signingKeyOf(settings.acceptance.signingKey)
  const limits = await readText(options.limits)
  const labels = options.labels === undefined ? undefined : await readText(options.labels)
  await mkdir(options.out, { recursive: true })
  const write = async (name: string, bytes: Uint8Array | string) => {
    await writeFile(join(options.out, name), bytes)
    await writeFile(join(options.out, `${name}.sig`), sign(null, Buffer.from(bytes), key))
  }
  await writeFile(join(options.out, 'public-key.pem'), createPublicKey(key).export({ type: 'spki', format: 'pem' }))
  const report = await acceptBundle(settings, {
    source,
    limits,
    ...(labels !== undefined && { labels: { text: labels, name: basename(options.labels!) } }),
    log: createLog('warn'),
    async onPlan(plan) {
      await write(PLAN, documentOf(plan))
      const said = `${plan.studies.length} studies, ${plan.limits.length} limits`
      process.stdout.write(`plan of ${said}: sha256 ${sha256Of(documentOf(plan))}\n`)
    },
    onProgress: (line) => process.stderr.write(`${line}\n`),
  })
  const text = documentOf(report)
  const { reports, institution } = settings
  const letterhead = { institution: institution.name, ...reports, fonts: fontFiles }
  await write(JSON_FILE, text)
  await write(
    PDF_FILE,
    await drawAcceptancePdf({ report, json: { name: JSON_FILE, sha256: sha256Of(text) }, letterhead }),
  )
  for (const verdict of report.verdicts)
    process.stdout.write(
      `  ${limitWords(verdict.limit)}: ${measuredWords(verdict)}, ${verdict.isMet ? 'met' : 'not met'}\n`,
    )
  process.stdout.write(`${report.decision === 'go' ? ACCEPTANCE.go : ACCEPTANCE.noGo}\n`)
  process.stdout.write(
    `wrote ${join(options.out, PDF_FILE)} and ${JSON_FILE}; verify there: ${verifyCommand(JSON_FILE)}\n`,
  )
  if (report.decision !== 'go') process.exitCode = 1
}

function sourceOf({ studies, query }: AcceptCommandOptions): { folder: string } | { from: string; to: string } {
  if ((studies === undefined) === (query === undefined))
    throw new AppError('SETTINGS_INVALID', 'accept takes either --studies or --query')
  if (studies !== undefined) return { folder: studies }
  const [, from, to] = /^((?:19|20)\d{6})-((?:19|20)\d{6})$/.exec(query!) ?? []
  if (from === undefined || to === undefined || from > to)
    throw new AppError('SETTINGS_INVALID', '--query must be study dates such as 20260101-20260131')
  return { from, to }
}

function signingKeyOf(pem: string | undefined): KeyObject {
  if (pem === undefined)
    throw new AppError(
      'SETTINGS_INVALID',
      'acceptance.signingKey is needed: a key made with "openssl genpkey -algorithm ed25519 -out acceptance.pem"',
    )
  const invalid = new AppError(
    'SETTINGS_INVALID',
    'acceptance.signingKey must be an Ed25519 private key in PEM (PKCS#8)',
  )
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // OpenSSL's message may quote the key.
    throw invalid
  }
  throw invalid
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('NOT_FOUND', `the file cannot be read: ${path}`, { cause })
  })
}
