// gliabridge backfill: makes the running service analyse studies from before its first start; with dry-run, only lists them.
import { AppError } from '../../domain/errors.ts'
import type { OlderStudy } from '../../pipeline/backfill.ts'
import { readSettings } from '../../settings/read.ts'
import { mustAnswer } from '../service-api.ts'

export async function backfillCommand(
  config: string | undefined,
  options: { from: string; by?: string; dryRun?: boolean },
): Promise<void> {
  const { http } = await readSettings(config, process.env)
  const from = options.from.replaceAll('-', '')
  if (!/^\d{8}$/.test(from)) throw new AppError('SETTINGS_INVALID', '--from must be a date such as 2026-01-31')
  const { studies } = (await mustAnswer(http, `/api/backfill?from=${from}`)) as { studies: OlderStudy[] }
  for (const { studyInstanceUid, studyDate, instanceCount, decision } of studies)
    process.stdout.write(
      `${studyDate || 'no date '}  ${instanceCount} images  ${studyInstanceUid}  ${decision ? [decision.outcome, decision.reason].filter(Boolean).join(': ') : 'not looked at'}\n`,
    )
  process.stdout.write(`${studies.length} older MR studies\n`)
  if (options.dryRun) return
  const by = options.by ?? process.env.USER ?? process.env.LOGNAME ?? 'command line'
  const { since } = (await mustAnswer(http, '/api/backfill', { from, by })) as { since: string }
  process.stdout.write(
    `the watch searches from ${since} on, beginning with its next search; studies already decided on are not analysed again\n`,
  )
}
