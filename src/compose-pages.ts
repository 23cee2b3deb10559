// Wires what the pages and the API show and do.
import { openCds, openPublicKeys, openSignIn } from './compose-access.ts'
import { decisionPorts } from './compose-bundles.ts'
import { openConcordance } from './compose-concordance.ts'
import { sendAgain } from './compose-notices.ts'
import type { Parts } from './compose-parts.ts'
import { peerFigures } from './compose-watch.ts'
import { asAppError } from './domain/errors.ts'
import { opinionEvent } from './domain/opinion.ts'
import type { SeriesChoice, Uid } from './domain/study.ts'
import { createWebFonts } from './fonts/web-fonts.ts'
import type { AppDeps } from './http/deps.ts'
import { decideOnBundle, viewBundles } from './pipeline/bundle-decisions.ts'
import { chooseSeries } from './pipeline/choose-series.ts'
import { confirmPatient } from './pipeline/confirm-patient.ts'
import { createBoard } from './pipeline/meeting.ts'
import { releaseHold, replay } from './pipeline/resolve.ts'
import { reviewAnalysis } from './pipeline/review.ts'
import { currentReport } from './pipeline/reviewed-pdf.ts'
import { createSeriesPictures } from './pipeline/series-pictures.ts'
import { freeBytesOf } from './store/disk.ts'
import { renderMetrics } from './telemetry/metrics.ts'
import { readPeakBytes, readProcessFigures } from './telemetry/resources.ts'
import { opinionStated } from './wording/opinions.ts'

/** Wakes the workers once a person's change is stored. */
async function andWake<T>(change: Promise<T>, wake: () => Promise<unknown>): Promise<T> {
  const changed = await change
  await wake()
  return changed
}

/** `hint` receives what routers and FHIR servers report as new. */
export function pageDeps(parts: Parts, hint: NonNullable<AppDeps['hint']>): AppDeps {
  const { settings, store, archive, ehr, clock, log, peers, images, software, letterhead } = parts
  const { analyses, reviews, watch, audit } = store
  const { wakeAnalyses, wakeReviews } = parts
  const signIn = openSignIn(parts)
  const cds = openCds(parts)
  const register = (studyInstanceUid: Uid, digest: string, choice: SeriesChoice) =>
    parts.register(studyInstanceUid, digest, 'first', choice)
  return {
    analyses: {
      ...analyses,
      // An outage changes the worklist too.
      version: async (id) => {
        const version = await analyses.version(id)
        return id === undefined ? String(BigInt(version) + BigInt(peers.changes())) : version
      },
    },
    notices: { ...store.notices, again: (id) => sendAgain(store, id) },
    audit,
    log,
    clock,
    settings: settings.http,
    hint,
    ...(parts.storeImages && { storeImages: parts.storeImages }),
    software,
    ...(signIn && { signIn }),
    ...(cds && { cds }),
    ready: () => store.ping(),
    peers: () => peers.states(),
    watch,
    ...parts.routing.pages,
    archiveWays: async () => (await archive.ways?.()) ?? {},
    publicKeys: openPublicKeys(settings),
    metrics: () => metricsOf(parts),
    resolve: (id) => andWake(releaseHold(analyses, id), wakeAnalyses),
    confirmPatient: (id, confirmation) =>
      andWake(confirmPatient({ analyses, ehr, audit, clock }, id, confirmation), wakeAnalyses),
    replay: (id) => andWake(replay(analyses, id), wakeAnalyses),
    fonts: createWebFonts(),
    ...images.pages,
    claims: store.claims,
    ...(settings.review.ownOpinionFirst && {
      stateOpinion: (id, opinion, name) => analyses.note(id, opinionEvent(opinion, opinionStated(name))),
    }),
    reviews: (id) => reviews.list(id),
    report: (id) => currentReport({ analyses, reviews, ...images.keeps }, id, letterhead),
    recordUrl: settings.ehr.url,
    board: createBoard({ analyses, reviews, ehr, clock }, { letterhead, software }),
    concordance: openConcordance(parts),
    bundles: openBundles(parts),
    review: (id, request) => andWake(reviewAnalysis({ analyses, reviews, ...images.keeps }, id, request), wakeReviews),
    chooseSeries: (id, choice) => chooseSeries({ analyses, audit, register }, id, choice),
    seriesPicture: createSeriesPictures(parts),
    retryReviews: async (id) => {
      if ((await reviews.makeDue(id)) > 0) await wakeReviews()
    },
  }
}

function openBundles({ settings, store, models, log }: Parts): AppDeps['bundles'] {
  const ports = decisionPorts(settings, store)
  return {
    view: () => viewBundles(ports),
    async decide(decision, user) {
      const view = await decideOnBundle(ports, decision, user)
      // Followed before the next analysis in any case: whoever decided does not wait for the networks to open.
      models
        .refresh()
        .catch((thrown) => log.error({ code: asAppError(thrown).code }, 'the decided bundle was not opened'))
      return view
    },
  }
}

async function metricsOf(parts: Parts): Promise<string> {
  const { settings, store, peers, startedAt, clock, software, models, pools } = parts
  const { bundle, runner } = models.current
  const { pids } = runner
  return renderMetrics({
    ...(await store.analyses.figures()),
    ...pools.figures(),
    peers: peers.states().map((state) => peerFigures(state, startedAt, clock.now().getTime())),
    software: { version: software.version, bundleId: bundle.id, modelDigest: bundle.identity.modelDigest },
    process: readProcessFigures(),
    diskFreeBytes: await freeBytesOf(settings.store.dataDir).catch(() => undefined),
    inferencePeakBytes: pids.length === 0 ? undefined : await sumOfPeaks(pids),
  })
}

async function sumOfPeaks(pids: readonly number[]): Promise<number> {
  const peaks = await Promise.all(pids.map(readPeakBytes))
  return peaks.reduce<number>((sum, peak) => sum + (peak ?? 0), 0)
}
