// Asks the EHR again and again what tissue said after an analysis, so that predictions can be scored; what it says is kept here and goes nowhere.
import { asAppError, unforeseenFields } from '../domain/errors.ts'
import type { ClinicalRecords } from '../domain/ports/clinical-record.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ConcordanceStore } from '../domain/ports/concordance-store.ts'
import type { Log } from '../domain/ports/log.ts'
import { sleepUnlessAborted } from '../domain/sleep.ts'

export interface FollowTissuePorts {
  concordance: Pick<ConcordanceStore, 'toAsk' | 'keep'>
  ehr: Pick<ClinicalRecords, 'forStudy'>
  clock: Clock
  log: Log
}

export interface FollowTissueOptions {
  /** For how long after an analysis. */
  days: number
  /** Hours between two questions about one patient. */
  askHours: number
}

const HOUR_MS = 3_600_000
/** Analyses of one round: the EHR has other things to do. */
const MAX_ANALYSES = 50
const PAUSE_MS = 5 * 60_000

/** One round; how many patients were asked about. An EHR that does not answer ends it. */
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
      log.warn({ analysisId, code: error.code, ...unforeseenFields(thrown) }, 'results of tissue could not be read')
      if (error.class === 'transient') return answered
      // Such as a patient who was merged: asked again in its time, what was known stays.
      await concordance.keep(analysisId)
    }
  }
  return questions.length
}

/** Until the signal aborts. */
export async function followTissue(
  ports: FollowTissuePorts,
  options: FollowTissueOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await askForTissue(ports, options)
    } catch (thrown) {
      const { code, message } = asAppError(thrown)
      ports.log.warn(
        { code, error: message, ...unforeseenFields(thrown) },
        'tissue was not asked for; it is tried again',
      )
    }
    await sleepUnlessAborted(ports.clock, PAUSE_MS, signal)
  }
}
