// The HTTP side on sample records in memory, which tests may change while it runs.

import { createHash } from 'node:crypto'
import { encode } from 'fast-png'
import { type AnalysisEvent, type AnalysisRecord, isAtRest, TRANSITIONS } from '../../src/domain/analysis.ts'
import { AppError } from '../../src/domain/errors.ts'
import type { Artifact } from '../../src/domain/ports/analysis-store.ts'
import type { ReviewClaim } from '../../src/domain/ports/review-claims.ts'
import type { WatchedStudy } from '../../src/domain/ports/watch-store.ts'
import { createWebFonts } from '../../src/fonts/web-fonts.ts'
import { createApp } from '../../src/http/app.ts'
import type { AppDeps, HttpSettings } from '../../src/http/deps.ts'
import { createBoard } from '../../src/pipeline/meeting.ts'
import { letterheadOf } from './letterhead.ts'
import { createKeptLog } from './quiet-log.ts'
import { realClock } from './real-clock.ts'
import { eventsOf, rolesOf, sampleResult, samples } from './sample-analyses.ts'
import { sampleBundles } from './sample-bundles.ts'
import { sampleFigures } from './sample-figures.ts'

/** One that was left, and one that cannot be looked at. */
export const DECLINED_STUDIES: WatchedStudy[] = [
  {
    studyInstanceUid: '1.2.840.77.1',
    instanceSetDigest: 'aa',
    instanceCount: 180,
    firstSeenAt: '2026-03-01T03:00:00.000Z',
    changedAt: '2026-03-01T03:20:00.000Z',
    decidedDigest: 'aa',
    decision: { outcome: 'declined', reason: 'not a study of the head: body part KNEE' },
  },
  {
    studyInstanceUid: '1.2.840.77.2',
    instanceSetDigest: 'bb',
    instanceCount: 12,
    firstSeenAt: '2026-03-01T03:00:00.000Z',
    changedAt: '2026-03-01T03:10:00.000Z',
    decision: { outcome: 'waiting', reason: 'the archive gives no full metadata of study 1.2.840.77.2' },
  },
]

/** Of a series: a bright square on black. */
const PICTURE = Uint8Array.from({ length: 160 * 120 }, (_, n) =>
  n % 160 > 40 && n % 160 < 120 && n > 160 * 30 && n < 160 * 90 ? 180 : 0,
)

/** As where a site keeps none. */
const NO_IMAGES: AppDeps['images'] = {
  describe: async () => undefined,
  picture: async () => Promise.reject(new AppError('NOT_FOUND', 'no images are kept')),
  volume: async () => Promise.reject(new AppError('NOT_FOUND', 'no images are kept')),
  outlines: async () => Promise.reject(new AppError('NOT_FOUND', 'no images are kept')),
}

/** As the store keeps them, but for ever. */
function memoryClaims(): AppDeps['claims'] {
  const claims: ReviewClaim[] = []
  const of = async (ids: readonly string[]) => claims.filter(({ analysisId }) => ids.includes(analysisId))
  const leave = async (id: string, who: string) => {
    const at = claims.findIndex(({ analysisId, identifier }) => analysisId === id && identifier === who)
    if (at >= 0) claims.splice(at, 1)
  }
  return {
    of,
    leave,
    async claim(analysisId, { identifier, name }) {
      const others = (await of([analysisId])).filter((one) => one.identifier !== identifier)
      await leave(analysisId, identifier)
      claims.push({ analysisId, identifier, name, since: realClock.now().toISOString() })
      return others
    },
  }
}

export interface SampleApp {
  app: ReturnType<typeof createApp>
  deps: AppDeps
  log: ReturnType<typeof createKeptLog>
  records: Map<string, AnalysisRecord>
  events: Map<string, AnalysisEvent[]>
  calls: string[]
  /** Sets what a record is now and counts it as a change. */
  change(record: AnalysisRecord, event?: AnalysisEvent): void
}

export function sampleApp(
  settings: Partial<HttpSettings> = {},
  options: { pdf?: Uint8Array; deps?: Partial<AppDeps> } = {},
): SampleApp {
  const records = new Map(samples.map((record) => [record.analysisId, record]))
  const events = new Map(samples.map((record) => [record.analysisId, eventsOf(record)]))
  const versions = new Map<string, number>()
  let version = 1
  const calls: string[] = []
  const log = createKeptLog()
  const pdf = options.pdf ?? new TextEncoder().encode('%PDF-1.4 sample')
  const artifacts: Artifact[] = [
    { role: 'pdf', mediaType: 'application/pdf', bytes: pdf },
    {
      role: 'segmentation',
      mediaType: 'application/dicom',
      bytes: new Uint8Array(createHash('sha256').update('seg').digest()),
    },
  ]
  const sorted = () => [...records.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt))
  const change = (record: AnalysisRecord, event?: AnalysisEvent) => {
    version += 1
    versions.set(record.analysisId, version)
    records.set(record.analysisId, record)
    if (event) events.set(record.analysisId, [...(events.get(record.analysisId) ?? []), event])
  }
  const deps: AppDeps = {
    notices: {
      list: async () => [],
      async again(noticeId) {
        throw new AppError('NOT_FOUND', `no notice ${noticeId}`)
      },
    },
    audit: { record: async () => undefined },
    analyses: {
      get: async (id) => records.get(id),
      byPatientId: async ({ patientId }) =>
        sorted().filter(({ state, summary }) => state === 'delivered' && summary?.patient?.patientId === patientId),
      byStudy: async (uid) => sorted().filter((record) => record.studyInstanceUid === uid),
      list: async ({ limit = 100, offset = 0, state, toReview, search = [], order } = {}) => {
        const text = ({ summary }: AnalysisRecord) => JSON.stringify(summary ?? {}).toLowerCase()
        const rank = ({ state, review }: AnalysisRecord) =>
          state === 'held' ? 0 : state === 'delivered' && !review ? 1 : 2
        const found = sorted()
          .filter((record) => !state || record.state === state)
          .filter((record) => !toReview || rank(record) === 1)
          .filter((record) => search.every((word) => text(record).includes(word.toLowerCase())))
        return (order === 'waiting' ? found.sort((a, b) => rank(a) - rank(b)) : found).slice(offset, offset + limit)
      },
      events: async (id) => events.get(id) ?? [],
      artifactRoles: async (id) => rolesOf(events.get(id) ?? []),
      artifact: async (id, role) => {
        return rolesOf(events.get(id) ?? []).has(role)
          ? artifacts.find((artifact) => artifact.role === role)
          : undefined
      },
      countByState: async () =>
        Object.fromEntries(
          Object.keys(TRANSITIONS).map((state) => [state, sorted().filter((record) => record.state === state).length]),
        ) as never,
      version: async (id) => String(id ? (versions.get(id) ?? 1) : version),
      passages: async () =>
        sorted().map(({ createdAt, updatedAt, state }) => ({
          createdAt,
          ...(isAtRest(state) && { restedAt: updatedAt }),
          ...(state === 'delivered' && { deliveredAt: updatedAt }),
        })),
      prioritise: async (id, priority, by) => {
        calls.push(`prioritise ${id} ${priority} ${by}`)
        change({ ...records.get(id)!, priority })
        return records.get(id)!
      },
      makeDue: async (id) => {
        calls.push(`due ${id}`)
        return true
      },
    },
    log,
    clock: realClock,
    settings: {
      host: '127.0.0.1',
      allowUnauthenticated: false,
      requestsPerMinute: 3000,
      frameAncestors: ["'none'"],
      ...settings,
    },
    ready: async () => undefined,
    peers: () => [
      { peer: 'pacs', up: true, goodAt: '2026-03-01T03:00:00.000Z' },
      { peer: 'ehr', up: true, goodAt: '2026-03-01T03:00:00.000Z' },
    ],
    resolve: async (id) => {
      calls.push(`resolve ${id}`)
      const record = records.get(id)!
      if (record.state !== 'held') return record
      const { hold: _hold, ...rest } = record
      change({ ...rest, state: 'queued' })
      return records.get(id)!
    },
    confirmPatient: async (id, { patient, by }) => {
      calls.push(`confirm ${id} ${patient} ${by}`)
      return records.get(id)!
    },
    review: async (id, { version, key, ...decided }) => {
      calls.push(`review ${id} ${version} ${key} ${decided.decision}`)
      const review = { ...decided, analysisId: id, reviewId: 'r1', number: version + 1, at: '2026-03-01T00:00:00.000Z' }
      return { review: { ...review, deliveries: [] }, created: key !== 'key-again' }
    },
    board: createBoard(
      {
        analyses: {
          byPatientId: async ({ patientId }) =>
            sorted().filter(({ state, summary }) => state === 'delivered' && summary?.patient?.patientId === patientId),
          result: async (id) => ({ ...sampleResult, ...records.get(id)!.summary, analysisId: id }),
          artifact: async () => undefined,
        },
        reviews: { list: async () => [] },
        ehr: {
          patientsOfList: async (id) => {
            calls.push(`list ${id}`)
            return [{ requested: 'Patient/12', ids: [] }]
          },
        },
        clock: realClock,
      },
      { letterhead: letterheadOf('Haus am See'), software: { name: 'Gliabridge', version: '0.1.0' } },
    ),
    concordance: {
      figures: async () => sampleFigures,
      pdf: async () => new TextEncoder().encode('%PDF-1.7 figures'),
      rules: async () => [],
      stops: async () => [],
      turnOn: async (head, by, reason) => {
        calls.push(`turn on ${head} ${by} ${reason}`)
      },
    },
    bundles: {
      view: async () => sampleBundles,
      decide: async ({ action, bundle, by, reason }) => {
        calls.push(`${action} ${bundle ?? '-'} ${by} ${reason}`)
        return sampleBundles
      },
    },
    fonts: createWebFonts(),
    claims: memoryClaims(),
    reviews: async () => [],
    report: async (id) => (await deps.analyses.artifact(id, 'pdf'))?.bytes,
    retryReviews: async (id) => {
      calls.push(`retry reviews ${id}`)
    },
    replay: async (id) => {
      calls.push(`replay ${id}`)
      return records.get(id)!
    },
    watch: {
      notAnalysed: async ({ limit, offset }) => ({
        studies: DECLINED_STUDIES.slice(offset, offset + limit),
        count: DECLINED_STUDIES.length,
      }),
    },
    analyseDeclined: async (uid, by) => {
      calls.push(`analyse ${uid} ${by}`)
      return samples[0]!
    },
    chooseSeries: async (id, { by, series }) => {
      calls.push(`choose ${id} ${by} ${JSON.stringify(series)}`)
      return samples[0]!
    },
    seriesPicture: async () => encode({ width: 160, height: 120, data: PICTURE, channels: 1, depth: 8 }),
    backfill: {
      list: async (from) => [{ studyInstanceUid: '1.2.840.77.3', studyDate: from, instanceCount: 7 }],
      take: async (from, by) => {
        calls.push(`backfill ${from} ${by}`)
        return { since: from }
      },
    },
    explain: async (studyInstanceUid) => ({ studyInstanceUid, stage: 'unknown', rules: [] }),
    studies: async () => [],
    archiveWays: async () => ({}),
    images: NO_IMAGES,
    scripts: {
      base: '/assets/browser/none',
      names: [],
      module: () => '',
      library: { path: '/assets/niivue-none.js', gzipped: async () => new Uint8Array() },
    },
    metrics: async () => 'gliabridge_analyses{state="held"} 1\n',
    software: { name: 'Gliabridge', version: '0.1.0' },
    ...options.deps,
  }
  return { app: createApp(deps), deps, log, records, events, calls, change }
}
