// Asks the EHR repeatedly for tissue results after an analysis, so that predictions can be scored; the answers are stored here and go nowhere else.
import { HOUR_MS, MINUTE_MS } from '../domain/durations.ts'
import { asAppError, unforeseenFields } from '../domain/errors.ts'
import type { ClinicalRecords } from '../domain/ports/clinical-record.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ConcordanceStore } from '../domain/ports/concordance-store.ts'
import type { Log } from '../domain/ports/log.ts'
import { repeat } from '../domain/repeat.ts'

export interface FollowTissuePorts {
  concordance: Pick<ConcordanceStore, 'toAsk' | 'keep'>
  ehr: Pick<ClinicalRecords, 'forStudy'>
  clock: Clock
  log: Log
}

export interface FollowTissueOptions {
  /** How many days after an analysis to keep asking. */
  days: number
  /** Hours between two queries for one patient. */
  askHours: number
}

/** Most analyses per round, so as not to burden the EHR. */
const MAX_ANALYSES = 50
const PAUSE_MS = 5 * MINUTE_MS

/** Runs one round and returns how many analyses were asked about. It ends early if the EHR does not answer. */
export async function askForTissue(
  { concordance, ehr, clock, log }: FollowTissuePorts,
  { days, askHours }: FollowTissueOptions,
): Promise<number> {
  const ago = (hours: number) => new Date(clock.now().getTime() - hours * HOUR_MS).toISOString()
  const questions = await concordance.toAsk(ago(24 * days), ago(askHours), MAX_ANALYSES)
  for (const [answered, { analysisId, studyInstanceUid, patient }] of questions.entries()) {
    try {
      await concordance.keep(analysisId, await ehr.forStudy({ studyInstanceUid }).tissueAnswers?.(patient))
    } catch (thrown) {
      const error = asAppError(thrown)
      log.warn({ analysisId, code: error.code, ...unforeseenFields(thrown) }, 'tissue results could not be read')
      if (error.class === 'transient') return answered
      // For example a merged patient: asked again when next due; earlier answers stay.
      await concordance.keep(analysisId)
    }
  }
  return questions.length
}

/** Runs until the signal aborts. */
export function followTissue(
  ports: FollowTissuePorts,
  options: FollowTissueOptions,
  signal: AbortSignal,
): Promise<void> {
  const rounds = { pauseMs: PAUSE_MS, failure: 'tissue was not asked for' }
  return repeat(() => askForTissue(ports, options), rounds, ports, signal)
}
