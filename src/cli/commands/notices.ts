// gliabridge notices: lists the notices sent to people, and sends those again that were given up.
import type { KeptNotice } from '../../domain/ports/notices.ts'
import { readSettings } from '../../settings/read.ts'
import { noticeTitle } from '../../wording/notices.ts'
import { mustAnswer } from '../service-api.ts'

export interface NoticesOptions {
  state?: string
  again?: string
  json?: boolean
}

/** Asks the running service, since the embedded database has only one owner. */
export async function noticesCommand(
  config: string | undefined,
  { state, again, json }: NoticesOptions,
): Promise<void> {
  const { http } = await readSettings(config, process.env)
  const query = state === undefined ? '' : `?${new URLSearchParams({ state })}`
  const notices =
    again === undefined
      ? ((await mustAnswer(http, `/api/notices${query}`)) as { notices: KeptNotice[] }).notices
      : [(await mustAnswer(http, `/api/notices/${encodeURIComponent(again)}/again`, {})) as KeptNotice]
  process.stdout.write(json ? `${JSON.stringify(notices, null, 2)}\n` : notices.map(lineOf).join(''))
}

/** "2026-03-01 03:00 3f…  failed after 12: tumour board: 2 things stand still; NOTICE_REFUSED: …" */
export function lineOf({ noticeId, rule, items, createdAt, state, attempts, lastError }: KeptNotice): string {
  const at = createdAt.slice(0, 16).replace('T', ' ')
  const tried = state === 'done' ? '' : ` after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`
  const error = state === 'done' || lastError === undefined ? '' : `; ${lastError.code}: ${lastError.message}`
  return `${at} ${noticeId} ${state}${tried}: ${rule}: ${noticeTitle(items)}${error}\n`
}
