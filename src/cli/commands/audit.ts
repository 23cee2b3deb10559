// gliabridge audit: checks that the audit trail is intact, and exports it as FHIR AuditEvents or syslog messages.
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { auditEvent } from '../../audit/audit-event.ts'
import { syslogLine } from '../../audit/audit-message.ts'
import type { ExportSettings, PatientForm } from '../../audit/patient.ts'
import { systemClock } from '../../clock.ts'
import { softwareIdentity } from '../../compose-parts.ts'
import { AppError } from '../../domain/errors.ts'
import { readSettings } from '../../settings/read.ts'
import type { ChainHead } from '../../store/audit-chain.ts'
import { withAuditStore } from '../../store/open-database.ts'
import { createLog } from '../../telemetry/log.ts'

/** Exit code 0 only if every row is as it was written. */
export async function auditVerifyCommand(config: string | undefined, options: { head?: string }): Promise<void> {
  const noted = options.head === undefined ? undefined : readHead(options.head)
  const verdict = await withAuditStore(await placeOf(config), (audit) => audit.verify(noted))
  for (const { kind, where } of verdict.problems) process.stdout.write(`${kind}: ${where}\n`)
  const whole = verdict.problems.length === 0
  process.stdout.write(
    `${verdict.rows} rows, ${whole ? 'the chain is whole' : `${verdict.problems.length} problems`}; head ${verdict.head.position}:${verdict.head.digest}\n`,
  )
  if (!whole) process.exitCode = 1
}

export interface AuditExportOptions {
  format: string
  from?: string
  to?: string
  patient: string
  out?: string
}

export async function auditExportCommand(config: string | undefined, options: AuditExportOptions): Promise<void> {
  const { format, patient } = options
  if (format !== 'fhir' && format !== 'syslog') throw wrong('--format must be fhir or syslog')
  if (patient !== 'digest' && patient !== 'identifier') throw wrong('--patient must be digest or identifier')
  const period = {
    ...(options.from !== undefined && { from: moment('--from', options.from) }),
    ...(options.to !== undefined && { to: moment('--to', options.to) }),
  }
  const settings = await readSettings(config, process.env)
  const form = exportSettings(settings, patient)
  const out = options.out === undefined ? process.stdout : createWriteStream(options.out, { mode: 0o600 })
  await withAuditStore(await placeOf(config), async (audit) => {
    for await (const row of audit.rows(period)) {
      const line = format === 'fhir' ? JSON.stringify(auditEvent(row, form)) : syslogLine(row, form)
      if (!out.write(`${line}\n`)) await once(out, 'drain')
    }
  })
  if (out !== process.stdout) {
    out.end()
    await once(out, 'close')
  }
}

function exportSettings(settings: Awaited<ReturnType<typeof readSettings>>, patient: PatientForm): ExportSettings {
  const { name, version } = softwareIdentity()
  return {
    patient,
    identifierSystem: settings.ehr.identifierSystem,
    software: { name, version },
    site: settings.institution.name,
  }
}

async function placeOf(config: string | undefined) {
  const settings = await readSettings(config, process.env)
  return { ...settings.store, clock: systemClock, log: createLog('warn') }
}

/** Reads "12:9f…", as verify prints it. */
function readHead(text: string): ChainHead {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text)
  if (!match) throw wrong('--head must be <position>:<sha256>, as an earlier verify printed it')
  return { position: Number(match[1]), digest: match[2]! }
}

/** A date without a time means midnight UTC. */
function moment(option: string, text: string): string {
  if (!/^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) || Number.isNaN(Date.parse(text)))
    throw wrong(`${option} must be a day (2026-03-01) or a moment with its zone (2026-03-01T12:00:00Z)`)
  return new Date(Date.parse(text)).toISOString()
}

function wrong(message: string): AppError {
  return new AppError('SETTINGS_INVALID', message)
}
