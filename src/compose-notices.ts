// Wires notices to people: what is reported, and through which channels.
import type { Breakers } from './domain/breakers.ts'
import type { PeerWatch } from './domain/peers.ts'
import type { ClinicalRecords } from './domain/ports/clinical-record.ts'
import type { Clock } from './domain/ports/clock.ts'
import type { Log } from './domain/ports/log.ts'
import type { NoticeChannel } from './domain/ports/notices.ts'
import { startLoop } from './domain/repeat.ts'
import { createMailChannel } from './notices/client-mail.ts'
import { createWebhookChannel } from './notices/client-webhook.ts'
import { runCollecting } from './notices/collect.ts'
import { createEhrChannel } from './notices/ehr-channel.ts'
import { byDestination, sendNotices } from './notices/send.ts'
import type { Settings } from './settings/schema.ts'
import type { Store } from './store/store.ts'

/** Kind of work that the queue wakes for. */
const NOTICES = 'notices'

export interface NoticeParts {
  settings: Pick<Settings, 'notify' | 'http'>
  store: Pick<Store, 'notices' | 'analyses' | 'audit' | 'queue' | 'watch' | 'switches'>
  ehr: ClinicalRecords
  peers: PeerWatch
  breakers: Breakers
  clock: Clock
  log: Log
}

/** By name of the rule. */
export function noticeChannels(
  { notify, http }: NoticeParts['settings'],
  ehr: ClinicalRecords,
): ReadonlyMap<string, NoticeChannel> {
  return new Map(
    notify.rules.map(({ name, to, detail }) => {
      const options = { detail, publicUrl: http.publicUrl }
      if (to.type === 'webhook') return [name, createWebhookChannel(to, options)]
      if (to.type === 'ehr') return [name, createEhrChannel(ehr, to.recipient, options)]
      return [name, createMailChannel(notify.mail!, to.addresses, options)]
    }),
  )
}

/** Sends due notices; those of rules that no longer exist are given up, naming the rule. */
export async function startSending({ settings, store, ehr, breakers, clock, log }: NoticeParts): Promise<void> {
  const { notices, analyses, audit, queue } = store
  const channels = noticeChannels(settings, ehr)
  const { maxAttempts } = settings.notify
  const ports = { notices, analyses, audit, channels, breakers, clock, log, maxAttempts }
  const sending = byDestination(channels).map((rules) => async (signal: AbortSignal) => {
    const again = await sendNotices(ports, rules, signal)
    if (again) await queue.wakeAt(NOTICES, again)
  })
  await queue.work(NOTICES, ...sending)
}

/** Starts collecting what is to be reported, if the site has rules; the returned function stops it and waits until it has ended. */
export function startCollecting({ settings: { notify }, store, peers, clock, log }: NoticeParts): () => Promise<void> {
  if (notify.rules.length === 0) return async () => undefined
  const { notices, watch: watchStore, queue, switches } = store
  const ports = { notices, watchStore, peers, switches, clock, log, wake: () => queue.wake(NOTICES) }
  return startLoop((signal) => runCollecting(ports, notify.rules, signal))
}

/** Sends a notice again at a person's request. */
export async function sendAgain({ notices, queue }: Pick<Store, 'notices' | 'queue'>, noticeId: string) {
  const notice = await notices.again(noticeId)
  await queue.wake(NOTICES)
  return notice
}
