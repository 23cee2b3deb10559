// What an EHR shows of this service in its own pages (CDS Hooks 2.0): the list of services, and a card with a link to the result.
import type { AnalysisRecord } from '../domain/analysis.ts'
import { CDS_SERVICES, cardDetail, cardSummary, OPEN_RESULT } from '../wording/cds-cards.ts'
import { PRODUCT } from '../wording/web-pages.ts'

export const CDS_DISCOVERY = {
  services: Object.entries(CDS_SERVICES).map(([hook, words]) => ({ hook, id: hook, ...words })),
}

/** If the EHR cannot launch the pages, the link is a plain one and the page asks for a sign-in. */
export function cardOf(record: AnalysisRecord, at: { publicUrl: string; launchUrl: string | undefined }) {
  const { analysisId } = record
  const link =
    at.launchUrl === undefined
      ? { type: 'absolute', url: `${at.publicUrl}/analyses/${analysisId}` }
      : { type: 'smart', url: at.launchUrl, appContext: JSON.stringify({ analysisId }) }
  return {
    summary: cardSummary(record),
    detail: cardDetail(record),
    indicator: 'info',
    source: { label: PRODUCT, url: at.publicUrl },
    links: [{ label: OPEN_RESULT, ...link }],
  }
}
