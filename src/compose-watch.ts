// Wires what notices studies and outages: the search of the PACS, the decision when a study is complete, the check of the EHR.
import { openPerformer, type UpsParts } from './compose-ups.ts'
import { azureChanges, orthancChanges } from './dicomweb/change-feeds.ts'
import { openConnection } from './dicomweb/client-connection.ts'
import { type AppError, asAppError } from './domain/errors.ts'
import { createPeerWatch, type Peer, type PeerState, type PeerWatch } from './domain/peers.ts'
import type { ChangeFeed } from './domain/ports/change-feed.ts'
import type { ClinicalRecords } from './domain/ports/clinical-record.ts'
import type { Clock } from './domain/ports/clock.ts'
import type { HintStore } from './domain/ports/hint-store.ts'
import type { ImageArchive } from './domain/ports/image-archive.ts'
import type { Log } from './domain/ports/log.ts'
import type { ReceivedImages } from './domain/ports/received-images.ts'
import type { Tracing } from './domain/ports/tracing.ts'
import type { Trigger } from './domain/ports/trigger.ts'
import type { WatchStore } from './domain/ports/watch-store.ts'
import type { Priority } from './domain/priority.ts'
import type { Study, Uid } from './domain/study.ts'
import { createRecordStore } from './fhir/connection/client.ts'
import { askForNobody } from './fhir/connection/probe.ts'
import { hasUrgentOrder, priorityOf } from './pipeline/priority.ts'
import { watchEhr } from './pipeline/watch-ehr.ts'
import type { Settings } from './settings/schema.ts'
import { createChangeFeedTrigger } from './triggers/change-feed.ts'
import { createHeardTrigger } from './triggers/heard.ts'
import { createHintLine, studiesOfMessage, studiesOfNotification } from './triggers/hints.ts'
import { freshSince } from './triggers/poll-cursor.ts'
import { createQidoPoll } from './triggers/qido-poll.ts'
import { createReceivedTrigger } from './triggers/received.ts'
import { type RuleFacts, routingVerdict } from './triggers/rules.ts'
import { createStudyWatch } from './triggers/study-watch.ts'

const LATE_DAYS = 14
/** Seconds between two checks whether the EHR is up. */
const EHR_WATCH_SECONDS = 60

/** The time zone of the site: the machine's if the settings name none. */
export function siteTimeZone({ institution }: Pick<Settings, 'institution'>): string {
  return institution.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** Every search reaches back as far as the first one; a wider one, every hour, finds late series. */
export function pollSettings({ pacs: { poll } }: Pick<Settings, 'pacs'>) {
  return {
    intervalSeconds: poll.intervalSeconds,
    firstLookbackDays: poll.lookBackDays,
    overlapDays: Math.max(1, poll.lookBackDays),
    lateDays: Math.max(LATE_DAYS, poll.lookBackDays),
    lateIntervalSeconds: 3600,
  }
}

/** Remembers the form in which the archive accepts each request: stored beside the triggers' cursors, per archive. */
export function rememberWays(watch: Pick<WatchStore, 'cursor' | 'setCursor'>, url: string) {
  const name = `ways ${url}`
  return { recall: () => watch.cursor(name), keep: (value: string) => watch.setCursor(name, value) }
}

/** The archive's own feed of changes; undefined if the settings name none. */
export function changeFeedOf({ pacs }: Pick<Settings, 'pacs'>): ChangeFeed | undefined {
  const { changeFeed: feed } = pacs
  if (feed.type === 'none') return undefined
  if (feed.type === 'orthanc')
    return orthancChanges(openConnection({ ...pacs, url: feed.url }), `${feed.type} ${feed.url}`)
  return azureChanges(openConnection(pacs), `${feed.type} ${pacs.url}`)
}

/** Tracks the state of PACS and EHR, and logs when one fails and when it is back. */
export function watchPeers(which: readonly Peer[], log: Log, onBack: (peer: Peer) => void): PeerWatch {
  return createPeerWatch(which, ({ peer, failing }) => {
    if (failing)
      return log.error({ peer, code: failing.code, error: failing.message }, 'a peer does not answer correctly')
    log.info({ peer }, 'a peer answers correctly again')
    onBack(peer)
  })
}

/** For the metrics; times in milliseconds. */
export function peerFigures({ peer, up = false, goodAt }: PeerState, startedAt: number, now: number) {
  return { peer, up, secondsSinceGood: (now - (goodAt === undefined ? startedAt : Date.parse(goodAt))) / 1000 }
}

export interface WatchParts extends Pick<UpsParts, 'analyses' | 'workitems' | 'submit'> {
  settings: Settings
  archive: ImageArchive
  /** Images sent to the service itself, if the site allows that. */
  received?: ReceivedImages | undefined
  watchStore: WatchStore
  hints: HintStore
  peers: PeerWatch
  /** Registers an image set; the same set again keeps the more urgent priority. */
  register(studyInstanceUid: string, digest: string, priority?: Priority): Promise<unknown>
  facts: RuleFacts
  ehr: ClinicalRecords
  clock: Clock
  /** The time that all processes on this store share. */
  time(): Promise<Date>
  log: Log
  tracing: Tracing
  /** Called when one of the loops has ended with an error; by default the process ends, as with any unhandled error. */
  onBroken?: ((error: AppError) => void) | undefined
}

export interface Watching {
  /** Stops the loops and waits until they have ended. */
  stop(): Promise<void>
  /** Takes a message from a router, or a notification from a FHIR server; it is only a hint. */
  hint(kind: 'webhook' | 'fhir', body: unknown, askedBy?: string): true
  /** Call when stored hints are to be followed now. */
  heard(): void
}

/** Starts the loops. */
export function startWatch(parts: WatchParts): Watching {
  const { settings, archive, received, watchStore, peers, register, clock, log, tracing, onBroken = raise } = parts
  /** Registers at once, and raises the priority afterwards if the order is urgent: a slow or failed EHR does not hold up registration. */
  async function registerStudy(studyInstanceUid: Uid, digest: string, study: Study): Promise<void> {
    const priority = priorityOf(study, await freshSince(watchStore))
    await register(studyInstanceUid, digest, priority)
    if (priority !== 'fresh' || peers.states().some(({ peer, up }) => peer === 'ehr' && up !== true)) return
    hasUrgentOrder(parts, study)
      .then((isUrgent) => (isUrgent ? register(studyInstanceUid, digest, 'first') : undefined))
      .catch((thrown) => log.warn({ studyInstanceUid, code: asAppError(thrown).code }, 'the priority was not raised'))
  }
  const checkSeconds = Math.min(settings.pacs.poll.intervalSeconds, 10)
  const studyWatch = createStudyWatch({
    archive,
    watchStore,
    clock,
    time: parts.time,
    settings: {
      settleSeconds: settings.pacs.settleSeconds,
      settleAtMostSeconds: settings.pacs.settleAtMostSeconds,
      checkSeconds,
    },
    log,
    tracing,
    eligible: (study) => routingVerdict(study, settings.rules, parts.facts),
    onSettled: registerStudy,
  })
  const poll = createQidoPoll({
    archive,
    watchStore,
    clock,
    timeZone: siteTimeZone(settings),
    settings: pollSettings(settings),
    log,
    onLook(failure) {
      if (failure === undefined) peers.good('pacs', clock.now())
      // An error in our own store says nothing about the archive, but the archive's last success still gets older.
      else if (/^(ARCHIVE_|NOT_FOUND)/.test(failure.code)) peers.failed('pacs', failure, clock.now())
    },
  })
  // Not audited, since it concerns no patient.
  const record = createRecordStore(settings.ehr)
  const ask = () => askForNobody(record, settings.ehr.identifierSystem)
  const stopping = new AbortController()
  const { changeFeed } = settings.pacs
  const feed = changeFeedOf(settings)
  const heard =
    settings.receive.hl7.port === undefined
      ? undefined
      : createHeardTrigger({ hints: parts.hints, archive, watchStore, clock, log, intervalSeconds: checkSeconds })
  const sources: Trigger[] = [
    poll,
    ...(feed && changeFeed.type !== 'none'
      ? [createChangeFeedTrigger({ feed, watchStore, clock, log, intervalSeconds: changeFeed.intervalSeconds })]
      : []),
    ...(heard ? [heard] : []),
    ...(received ? [createReceivedTrigger({ received, clock, log, intervalSeconds: checkSeconds })] : []),
  ]
  const memory = rememberWays(watchStore, `worklist ${settings.pacs.ups?.url ?? settings.pacs.url}`)
  const performer = openPerformer(settings, { ...parts, watch: watchStore, memory })
  const running = [
    studyWatch.run(stopping.signal),
    ...(performer ? [performer.run(stopping.signal)] : []),
    ...sources.map((source) => source.run((uid) => studyWatch.hint(uid), stopping.signal)),
    watchEhr({ ask, peers, clock, log, intervalSeconds: EHR_WATCH_SECONDS }, stopping.signal),
  ].map((loop) => loop.catch((thrown) => onBroken(asAppError(thrown))))
  const line = createHintLine({ hint: (uid) => studyWatch.hint(uid), lookNow: () => poll.lookNow(), log })
  return {
    hint(kind, body, askedBy) {
      const studies = kind === 'fhir' ? studiesOfNotification(body) : studiesOfMessage(body)
      log.info({ trigger: kind, studies: studies.length }, 'a hint was taken')
      // Only marks the moment: examining the study is another span.
      for (const study of studies)
        void tracing.span('hint', { trigger: kind, studyInstanceUid: study }, async () => undefined, { study, askedBy })
      line.take(studies)
      return true
    },
    heard: () => heard?.lookNow(),
    async stop() {
      stopping.abort()
      await Promise.allSettled([...running, line.idle()])
    },
  }
}

function raise(error: AppError): never {
  throw error
}
