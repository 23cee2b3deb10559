// Shown above the worklist while the PACS or EHR does not answer: what that means, since when, and what to do.
import { html } from 'hono/html'
import type { PeerState } from '../domain/peers.ts'
import { sentence, timeOf } from './format.ts'
import type { Html, Part } from './html.ts'

const NAMES = { pacs: 'PACS', ehr: 'EHR' }
const MEANS = {
  pacs: 'New studies are not noticed, and results are not stored.',
  ehr: 'No patient is matched, and no report is posted; studies wait.',
}

export function outages(peers: readonly PeerState[]): Part[] {
  return peers.filter(({ up }) => up === false).map(outage)
}

function outage({ peer, failing, goodAt }: PeerState): Html {
  const since = failing ? html` since ${timeOf(failing.since)}` : ''
  const last = goodAt === undefined ? 'It has not answered correctly since the service started.' : ''
  return html`<div class="hold" role="alert"><p class="reason">The ${NAMES[peer]} does not answer correctly${since}</p>
<p>${MEANS[peer]} ${last}</p>
<p>${sentence(failing?.message ?? '')}</p><p class="hint">${failing?.hint ?? ''}</p><p class="code">${failing?.code ?? ''}</p></div>`
}

/** What an empty worklist says: only an archive that has been searched can have no studies. */
export function emptiness(peers: readonly PeerState[], arriving: number): string {
  const pacs = peers.find(({ peer }) => peer === 'pacs')
  if (pacs?.up === undefined) return 'The PACS has not been asked yet.'
  if (!pacs.up && pacs.goodAt === undefined) return 'Whether there are studies is not known: the PACS has not answered.'
  if (arriving > 0)
    return `${arriving === 1 ? 'One study has been seen. It will appear here' : `${arriving} studies have been seen. They will appear here`} once no more images have arrived for a while (pacs.settleSeconds).`
  return 'No study yet. A brain MRI study appears here by itself once it is complete in the PACS.'
}
