// Checks periodically what there is to report, and makes notices of it; what has been reported once is not reported again.
import { dueItems, type NoticeItem, type NoticeRule } from '../domain/notice.ts'
import type { PeerWatch } from '../domain/peers.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { HeadSwitches } from '../domain/ports/head-switches.ts'
import type { Log } from '../domain/ports/log.ts'
import type { NoticeStore } from '../domain/ports/notices.ts'
import type { WatchStore } from '../domain/ports/watch-store.ts'
import { repeat } from '../domain/repeat.ts'

export interface CollectPorts {
  notices: Pick<NoticeStore, 'happenings' | 'open'>
  watchStore: Pick<WatchStore, 'cursor' | 'setCursor'>
  peers: Pick<PeerWatch, 'states'>
  switches: Pick<HeadSwitches, 'stopped'>
  clock: Clock
  log: Log
  /** Wakes the sender. */
  wake(): Promise<unknown>
}

const INTERVAL_SECONDS = 30

/** One round; returns how many notices it made. Results delivered before the first round are not reported. */
export async function collectNotices(ports: CollectPorts, rules: readonly NoticeRule[]): Promise<number> {
  const { notices, clock } = ports
  const now = clock.now()
  const items = [
    ...(await notices.happenings(await firstRound(ports, now))),
    ...(await outages(ports, now)),
    ...(await stoppedHeads(ports)),
  ]
  let made = 0
  const open = async (rule: NoticeRule, about: readonly NoticeItem[], quietSeconds: number) => {
    if (about.length > 0 && (await notices.open(rule.name, about, quietSeconds)) !== undefined) made += 1
  }
  for (const rule of rules) {
    const { urgent, standing } = dueItems(rule, items, now)
    for (const item of urgent) await open(rule, [item], 0)
    await open(rule, standing, rule.everyMinutes * 60)
  }
  return made
}

async function firstRound({ watchStore }: CollectPorts, now: Date): Promise<Date> {
  const name = 'notices since'
  const since = await watchStore.cursor(name)
  if (since !== undefined) return new Date(since)
  await watchStore.setCursor(name, now.toISOString())
  return now
}

/** An outage counts as one, however often the service is restarted meanwhile. */
async function outages({ peers, watchStore }: CollectPorts, now: Date): Promise<NoticeItem[]> {
  const items: NoticeItem[] = []
  for (const { peer, up, failing } of peers.states()) {
    const name = `outage ${peer}`
    const kept = (await watchStore.cursor(name)) ?? ''
    if (up === true && kept !== '') await watchStore.setCursor(name, '')
    if (failing === undefined) continue
    const since = kept === '' ? failing.since : kept
    if (kept === '') await watchStore.setCursor(name, since)
    // A beginning in the future: the clock has been set back since.
    const began = since > now.toISOString() ? failing.since : since
    items.push({ subject: 'peer', key: `peer ${peer} ${since}`, since: began, peer, code: failing.code })
  }
  return items
}

/** A head that is turned on and off again is told of again. */
async function stoppedHeads({ switches }: CollectPorts): Promise<NoticeItem[]> {
  const stops = await switches.stopped()
  return stops.map(({ head, at }) => ({ subject: 'stopped-head', key: `stopped-head ${head} ${at}`, since: at, head }))
}

/** Runs until the signal aborts. */
export function runCollecting(ports: CollectPorts, rules: readonly NoticeRule[], signal: AbortSignal): Promise<void> {
  const round = async () => {
    if ((await collectNotices(ports, rules)) > 0) await ports.wake()
  }
  return repeat(round, { pauseMs: INTERVAL_SECONDS * 1000, failure: 'notices were not looked for' }, ports, signal)
}
