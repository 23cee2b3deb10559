// Sends notices, each by the channel of its rule; one that fails is retried later, and no destination waits for another.
import type { AnalysisRecord } from '../domain/analysis.ts'
import { type Breakers, noting } from '../domain/breakers.ts'
import { AppError, asAppError, unforeseenFields } from '../domain/errors.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/log.ts'
import type { KeptNotice, NoticeChannel, NoticeRules, NoticeStore } from '../domain/ports/notices.ts'
import { nextStepAfter, spread } from '../domain/retry.ts'

export interface SendPorts {
  notices: Pick<NoticeStore, 'claim' | 'update'>
  analyses: Pick<AnalysisStore, 'get'>
  /** By the name of the rule. */
  channels: ReadonlyMap<string, NoticeChannel>
  breakers: Breakers
  audit: AuditTrail
  clock: Clock
  log: Log
  maxAttempts: number
}

/** Longer than any channel takes; after it, what a dead process had claimed is taken over. */
const CLAIM_SECONDS = 300

/** The rules of each destination, and those that no longer exist: each is sent for by itself, so that a destination that hangs keeps the others waiting for nothing. */
export function byDestination(channels: SendPorts['channels']): NoticeRules[] {
  const ofEach = Map.groupBy(channels, ([, { destination }]) => destination)
  const scopes = [...ofEach.values()].map((entries) => ({ names: entries.map(([rule]) => rule), isOneOf: true }))
  return [...scopes, { names: [...channels.keys()], isOneOf: false }]
}

/** Sends everything of these rules that is due; returns when the next attempt is due, if one failed. */
export async function sendNotices(
  ports: SendPorts,
  rules: NoticeRules,
  signal?: AbortSignal,
): Promise<Date | undefined> {
  let next: Date | undefined
  while (!signal?.aborted) {
    const notice = await ports.notices.claim(CLAIM_SECONDS, rules)
    if (!notice) break
    const again = await sendOne(ports, notice)
    if (again && (!next || again < next)) next = again
  }
  return next
}

async function sendOne(ports: SendPorts, notice: KeptNotice): Promise<Date | undefined> {
  const { notices, breakers, clock, log } = ports
  const { noticeId } = notice
  const after = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000)
  const channel = ports.channels.get(notice.rule)
  const pause = channel === undefined ? 0 : breakers.waitSeconds(channel.destination, clock.now())
  if (pause > 0) {
    const afterSeconds = spread(pause, noticeId)
    await notices.update(noticeId, { state: 'waiting', attempts: notice.attempts, afterSeconds })
    return after(afterSeconds)
  }
  const attempts = notice.attempts + 1
  try {
    if (channel === undefined)
      throw new AppError(
        'NOTICE_REFUSED',
        `notify.rules has no rule "${notice.rule}" any more, by which notice ${noticeId} was made`,
      )
    const receipt = await noting(breakers, channel.destination, clock, () => sendAudited(ports, channel, notice))
    await notices.update(noticeId, { state: 'done', attempts, receipt })
    log.info({ noticeId, attempts, count: notice.items.length }, 'a notice was sent')
    return undefined
  } catch (thrown) {
    const error = asAppError(thrown)
    const step = nextStepAfter(error, attempts, ports.maxAttempts)
    const fields = { noticeId, code: error.code, error: error.message, attempts, ...unforeseenFields(thrown) }
    const lastError = { code: error.code, message: error.message, at: clock.now().toISOString() }
    if (step.do === 'hold') {
      log.error(fields, 'a notice was given up')
      await notices.update(noticeId, { state: 'failed', attempts, lastError })
      return undefined
    }
    log.warn(fields, 'a notice could not be sent; it is tried again later')
    const afterSeconds = spread(step.afterSeconds, `${noticeId} ${attempts}`)
    await notices.update(noticeId, { state: 'waiting', attempts, lastError, afterSeconds })
    return after(afterSeconds)
  }
}

/** The audit states each study that was named, and to whom; the EHR's own requests have entries in addition. */
async function sendAudited(
  ports: SendPorts,
  channel: NoticeChannel,
  notice: KeptNotice,
): Promise<Record<string, string>> {
  const records = new Map<string, AnalysisRecord>()
  for (const { analysisId } of notice.items) {
    if (analysisId === undefined || records.has(analysisId)) continue
    const record = await ports.analyses.get(analysisId)
    if (record) records.set(analysisId, record)
  }
  const studies = new Set(notice.items.flatMap(({ studyInstanceUid }) => studyInstanceUid ?? []))
  const record = async (outcome: 'success' | 'failure') => {
    const what = `notice ${notice.noticeId} to ${channel.destination}`
    for (const studyInstanceUid of studies)
      await ports.audit.record({
        action: 'read',
        interaction: 'access',
        target: 'store',
        studyInstanceUid,
        what,
        outcome,
      })
  }
  try {
    const receipt = await channel.send(notice, records)
    await record('success')
    return receipt
  } catch (thrown) {
    await record('failure')
    throw thrown
  }
}
