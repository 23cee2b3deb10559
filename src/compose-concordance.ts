// Wires a site's own figures: the questions about tissue, the counting, and the PDF.
import type { Parts } from './compose-parts.ts'
import type { SiteFigures } from './domain/concordance.ts'
import { siteFigures } from './evaluation/concordance.ts'
import { readsAnswers } from './fhir/reads/tissue-answers.ts'
import type { AppDeps } from './http/deps.ts'
import { followTissue } from './pipeline/follow-tissue.ts'
import { drawConcordancePdf } from './reports/concordance-report.ts'

const DAY_MS = 24 * 3_600_000

type ConcordanceParts = Pick<
  Parts,
  'settings' | 'store' | 'bundle' | 'clock' | 'ehr' | 'log' | 'letterhead' | 'software'
>

/** Asks the EHR where the site named values; what it returns ends it and waits for its end. */
export function startFollowingTissue({ settings, store, ehr, clock, log }: ConcordanceParts): () => Promise<void> {
  if (!readsAnswers(settings.ehr.reads.tissueValues)) return async () => undefined
  const stopping = new AbortController()
  const running = followTissue(
    { concordance: store.concordance, ehr, clock, log },
    settings.monitoring,
    stopping.signal,
  )
  return async () => {
    stopping.abort()
    await running
  }
}

export function openConcordance(parts: ConcordanceParts): AppDeps['concordance'] {
  const { settings, store, bundle, clock, letterhead, software } = parts
  async function figures(month?: string): Promise<SiteFigures> {
    const until = month === undefined ? clock.now() : endOf(month)
    const from = new Date(until.getTime() - settings.monitoring.days * DAY_MS)
    const period = { from: from.toISOString(), until: until.toISOString() }
    const cases = await store.concordance.cases(period.from, period.until)
    return siteFigures(cases, bundle, { ...period, readsTissue: readsAnswers(settings.ehr.reads.tissueValues) })
  }
  return {
    figures,
    pdf: async (month) => drawConcordancePdf({ figures: await figures(month), letterhead, at: clock.now(), software }),
  }
}

/** Of "2026-11": the first moment of December, in UTC. */
function endOf(month: string): Date {
  const [year, number] = month.split('-').map(Number)
  return new Date(Date.UTC(year!, number!, 1))
}
