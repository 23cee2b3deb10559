// Wires a site's own figures: the tissue queries, the counting, the PDF, and the stop rules based on them.

import type { Parts } from './compose-parts.ts'
import type { SiteFigures } from './domain/concordance.ts'
import { DAY_MS } from './domain/durations.ts'
import { AppError } from './domain/errors.ts'
import { startLoop } from './domain/repeat.ts'
import { siteFigures } from './evaluation/concordance.ts'
import { measureRule, shareOf } from './evaluation/stop-rules.ts'
import { readsAnswers } from './fhir/reads/tissue-answers.ts'
import type { AppDeps } from './http/deps.ts'
import { followTissue } from './pipeline/follow-tissue.ts'
import { ruleStates, runStopRules, type StopRulePorts } from './pipeline/keep-stop-rules.ts'
import { drawConcordancePdf } from './reports/concordance-report.ts'

type ConcordanceParts = Pick<
  Parts,
  'settings' | 'store' | 'models' | 'clock' | 'ehr' | 'log' | 'letterhead' | 'software'
>

/** Starts asking the EHR, if the site configured values; the returned function stops it and waits until it has ended. */
export function startFollowingTissue({ settings, store, ehr, clock, log }: ConcordanceParts): () => Promise<void> {
  if (!readsAnswers(settings.ehr.reads.tissueValues)) return async () => undefined
  const ports = { concordance: store.concordance, ehr, clock, log }
  return startLoop((signal) => followTissue(ports, settings.monitoring, signal))
}

/** Starts checking the site's stop rules, if it has any; the returned function stops it and waits until it has ended. */
export function startStopRules(parts: ConcordanceParts): () => Promise<void> {
  const { settings, store, clock, log } = parts
  if (settings.monitoring.stopRules.length === 0) return async () => undefined
  const { switches, audit } = store
  const ports = { switches, audit, clock, log, measure: measurerOf(parts) }
  return startLoop((signal) => runStopRules(ports, settings.monitoring, signal))
}

function measurerOf({ store, models, clock }: ConcordanceParts): StopRulePorts['measure'] {
  const { concordance } = store
  return async ({ head, measure }, since) => {
    if (measure === 'holds') {
      const { held, rested } = await concordance.rested(since)
      return shareOf({ count: held, of: rested })
    }
    return measureRule(
      { head, measure },
      await concordance.cases(since, clock.now().toISOString()),
      models.current.bundle,
    )
  }
}

export function openConcordance(parts: ConcordanceParts): AppDeps['concordance'] {
  const { settings, store, models, clock, letterhead, software } = parts
  const { switches, audit } = store
  async function figures(month?: string): Promise<SiteFigures> {
    const until = month === undefined ? clock.now() : endOf(month)
    const from = new Date(until.getTime() - settings.monitoring.days * DAY_MS)
    const period = { from: from.toISOString(), until: until.toISOString() }
    const cases = await store.concordance.cases(period.from, period.until)
    const readsTissue = readsAnswers(settings.ehr.reads.tissueValues)
    return siteFigures(cases, models.current.bundle, { ...period, readsTissue })
  }
  return {
    figures,
    rules: () => ruleStates({ switches, clock, measure: measurerOf(parts) }, settings.monitoring),
    stops: () => switches.stopped(),
    async turnOn(head, by, reason) {
      if (!(await switches.turn(head, 'on', by, reason))) throw new AppError('STATE_CONFLICT', `the head ${head} is on`)
      const what = `head ${head} turned on by ${by}: ${reason}`
      await audit.record({ action: 'write', target: 'store', studyInstanceUid: '', what, outcome: 'success' })
    },
    pdf: async (month) => drawConcordancePdf({ figures: await figures(month), letterhead, at: clock.now(), software }),
  }
}

/** For "2026-11": the first moment of December, in UTC. */
function endOf(month: string): Date {
  const [year, number] = month.split('-').map(Number)
  return new Date(Date.UTC(year!, number!, 1))
}
