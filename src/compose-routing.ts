// Wires what people can ask of the watch: the routing rules and their dry run, every study ever seen, older studies, declined ones.
import type { Clock } from './domain/ports/clock.ts'
import type { ImageArchive } from './domain/ports/image-archive.ts'
import type { Log } from './domain/ports/log.ts'
import type { Uid } from './domain/study.ts'
import { analyseDeclinedStudy } from './pipeline/analyse-declined.ts'
import { backfill, olderStudies } from './pipeline/backfill.ts'
import { ageOfStudy, explainStudy, listStudies, type RoutedBundle, ruleFacts } from './pipeline/routing.ts'
import { readsOfRecord } from './settings/derived.ts'
import type { Settings } from './settings/schema.ts'
import type { Store } from './store/store.ts'
import type { RuleFacts } from './triggers/rules.ts'

export interface RoutingParts extends Pick<Store, 'analyses' | 'watch' | 'audit'> {
  archive: ImageArchive
  /** The bundle changes when people decide so. */
  models: { readonly current: { bundle: RoutedBundle } }
  clock: Clock
  log: Log
  register(studyInstanceUid: Uid, digest: string): Promise<string>
}

export function openRouting(settings: Settings, parts: RoutingParts) {
  const { models } = parts
  const facts: RuleFacts = {
    sequences: (study) => ruleFacts(models.current.bundle, settings.series.overrides).sequences(study),
    age: ageOfStudy,
  }
  const { settleSeconds } = settings.pacs
  const readsConsent = readsOfRecord(settings).optOutCodes.length > 0
  const routed = () => ({ rules: settings.rules, facts, bundle: models.current.bundle, readsConsent, settleSeconds })
  return {
    facts,
    /** For the pages. */
    pages: {
      explain: (studyInstanceUid: Uid) => explainStudy(parts, routed(), studyInstanceUid),
      studies: (page: { limit: number; offset: number }) => listStudies(parts, settleSeconds, page),
      backfill: {
        list: (from: string) => olderStudies(parts, from),
        take: (from: string, by: string) => backfill(parts, from, by),
      },
      analyseDeclined: (studyInstanceUid: Uid, by: string) => analyseDeclinedStudy(parts, studyInstanceUid, by),
    },
  }
}
