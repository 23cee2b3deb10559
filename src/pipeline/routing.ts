// How the routing rules apply to one study, and what is decided only later, by the bundle and the patient's record.
import { text, texts } from '../dicom/dataset.ts'
import type { AnalysisStore } from '../domain/ports/analysis-store.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { WatchedStudy, WatchStore } from '../domain/ports/watch-store.ts'
import type { RoutingRules, RuleOutcome } from '../domain/routing-rules.ts'
import { SEQUENCES, type Study, type Uid } from '../domain/study.ts'
import { type StudyStage, stageOf } from '../domain/study-stage.ts'
import type { Bundle } from '../inference/bundle/manifest.ts'
import { ageOf } from '../inference/heads/clinical.ts'
import type { SeriesOverrides } from '../inference/series/overrides.ts'
import { selectSeries } from '../inference/series/select-series.ts'
import { applyRules, type RuleFacts } from '../triggers/rules.ts'

export type RoutedBundle = Pick<Bundle, 'name' | 'sequences' | 'require_any' | 'intended_population'>

/** By the headers alone, like the analysis in its first step. */
export function ruleFacts(bundle: RoutedBundle, overrides: SeriesOverrides): RuleFacts {
  return {
    sequences(study) {
      const { chosen } = selectSeries(study, bundle, overrides)
      return SEQUENCES.filter((sequence) => chosen[sequence] !== undefined)
    },
    age: ageOfStudy,
  }
}

/** By the first instance: whether all of them name one patient is decided before the analysis, with a hold. */
export function ageOfStudy(study: Study): number | undefined {
  const instances = study.series.flatMap((series) => series.instances)
  const { metadata } = instances[0] ?? { metadata: {} }
  const patientAges = instances.flatMap((one) => texts(one.metadata, 'PatientAge'))
  const patient = { patientBirthDate: text(metadata, 'PatientBirthDate') }
  return ageOf({ patient, studyDate: text(metadata, 'StudyDate'), patientAges }).age
}

export interface ExplainPorts {
  archive: Pick<ImageArchive, 'retrieveMetadata'>
  watch: Pick<WatchStore, 'get'>
  analyses: Pick<AnalysisStore, 'byStudy'>
  clock: Clock
}

export interface ExplainSettings {
  rules: RoutingRules
  facts: RuleFacts
  bundle: RoutedBundle
  /** Whether refusals are read from the patient's record. */
  readsConsent: boolean
  settleSeconds: number
}

export interface Explanation {
  studyInstanceUid: Uid
  /** unknown: no trigger has named it yet. */
  stage: StudyStage | 'unknown'
  rules: RuleOutcome[]
}

/** A dry run: applies every rule to the study as the archive has it now. Changes nothing. Throws ARCHIVE_* and NOT_FOUND. */
export async function explainStudy(
  ports: ExplainPorts,
  settings: ExplainSettings,
  studyInstanceUid: Uid,
): Promise<Explanation> {
  const { archive, watch, analyses, clock } = ports
  const study = await archive.retrieveMetadata(studyInstanceUid)
  const watched = await watch.get(studyInstanceUid)
  const at = { now: clock.now(), settleSeconds: settings.settleSeconds }
  const stage = watched === undefined ? 'unknown' : stageOf(watched, await analyses.byStudy(studyInstanceUid), at)
  const rules = applyRules(study, settings.rules, settings.facts)
  const isLeft = rules.some(({ outcome }) => outcome === 'fail')
  return { studyInstanceUid, stage, rules: [...rules, ...(isLeft ? [] : laterRules(settings))] }
}

export interface SeenStudy extends WatchedStudy {
  stage: StudyStage
}

/** Every study ever seen, and how far it has come. */
export async function listStudies(
  { watch, analyses, clock }: Pick<ExplainPorts, 'analyses' | 'clock'> & { watch: Pick<WatchStore, 'list'> },
  settleSeconds: number,
  page: { limit: number; offset: number },
): Promise<SeenStudy[]> {
  const at = { now: clock.now(), settleSeconds }
  const studies: SeenStudy[] = []
  for (const study of await watch.list(page))
    studies.push({ ...study, stage: stageOf(study, await analyses.byStudy(study.studyInstanceUid), at) })
  return studies
}

function laterRules({ bundle, readsConsent }: ExplainSettings): RuleOutcome[] {
  const least = bundle.intended_population?.min_age_years
  const later = (rule: string, compared: string): RuleOutcome => ({ rule, compared, outcome: 'later' })
  return [
    ...(least === undefined
      ? []
      : [later('intended use', `${bundle.name} is meant for patients of at least ${least} years`)]),
    ...(readsConsent
      ? [later('consent', "a refusal in the patient's record, read before the images are fetched")]
      : []),
  ]
}
