// gliabridge reproduce: repeats an analysis and says whether the same bytes came out; exit code 0 only if they did.
import { compose } from '../../compose.ts'
import type { Reproduction } from '../../pipeline/reproduce/verdict.ts'
import { readSettings } from '../../settings/read.ts'
import { createLog } from '../../telemetry/log.ts'

export async function reproduceCommand(
  config: string | undefined,
  analysisId: string,
  { bundle, json }: { bundle?: string; json?: boolean },
): Promise<void> {
  const settings = await readSettings(config, process.env)
  const inference = { ...settings.inference, ...(bundle !== undefined && { bundle }) }
  const options = { log: createLog('warn'), bundleOfSettings: bundle !== undefined }
  const service = await compose({ ...settings, inference }, options)
  try {
    const verdict = await service.reproduce(analysisId)
    process.stdout.write(json ? `${JSON.stringify(verdict, null, 2)}\n` : inWords(verdict))
    if (!verdict.reproduced) process.exitCode = 1
  } finally {
    await service.stop()
  }
}

const OUTCOMES = {
  equal: 'equal, byte for byte',
  measured: 'equal except for the time and memory of the run',
  different: 'different',
  missing: 'made by the analysis, but not by the repetition',
  additional: 'made by the repetition, but not by the analysis',
} as const

export function inWords({ analysisId, reproduced, versions, artifacts, reasons }: Reproduction): string {
  const lines = [
    `analysis ${analysisId}`,
    ...versions.map(
      ({ what, before, now }) => `  ${what.padEnd(14)} ${before}${before === now ? '' : ` then, ${now} now`}`,
    ),
    ...artifacts.map(
      ({ role, outcome, differs, sha256 }) =>
        `  ${role.padEnd(18)} ${OUTCOMES[outcome]}${differs.length > 0 ? `: ${differs.join(', ')}` : ''}${sha256 === undefined ? '' : `  (sha256 ${sha256.slice(0, 16)}…)`}`,
    ),
    ...reasons.map((reason) => `  because ${reason}`),
    reproduced ? 'reproduced: everything that the analysis stored came out the same' : 'not reproduced',
  ]
  return `${lines.join('\n')}\n`
}
