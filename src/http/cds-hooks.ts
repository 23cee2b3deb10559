// CDS Hooks 2.0: the list of services, and cards that lead to the result; only for the EHRs in the settings, and only about the hook's patient.
import { type Context, Hono } from 'hono'
import { isOfPatient } from '../domain/access.ts'
import type { AnalysisRecord } from '../domain/analysis.ts'
import { baseUrlOf } from '../domain/base-url.ts'
import { CDS_DISCOVERY, cardOf } from '../web/cds-cards.ts'
import { cdsParams, cdsRequest, parseRequest, readJson } from './contracts.ts'
import type { AppDeps, CdsDeps } from './deps.ts'
import { RequestProblem } from './problems.ts'
import type { CountRequest } from './request-rate.ts'
import { CDS_PATH, LAUNCH_PATH } from './security.ts'

export function cdsRoutes(
  deps: AppDeps & { cds: CdsDeps },
  onWrongToken: () => Promise<void>,
  count: CountRequest,
): Hono {
  const { cds, audit } = deps
  const trust = async (c: Context, id: string) => {
    const endpoint = `${cds.publicUrl}${CDS_PATH}/${id}`
    const client = await cds.clientOf(c.req.header('authorization'), endpoint)
    if (client !== undefined) return count('one EHR', client)
    await onWrongToken()
    throw new RequestProblem(
      401,
      'UNAUTHENTICATED',
      'a token of an EHR in access.cdsClients is needed',
      `Sign it for ${endpoint} (aud), for at most five minutes, with an id (jti) that is used once.`,
    )
  }
  return new Hono()
    .get(CDS_PATH, (c) => c.json(CDS_DISCOVERY))
    .post(`${CDS_PATH}/:id`, async (c) => {
      const { id } = parseRequest(cdsParams, c.req.param())
      await trust(c, id)
      const { hook, fhirServer, context } = parseRequest(cdsRequest, readJson(await c.req.text()), 'body')
      if (hook !== id) throw wrong(`hook must be ${id} at this address`)
      if (fhirServer !== undefined && !cds.servers.includes(baseUrlOf(fhirServer)))
        throw wrong('fhirServer is not the EHR of the settings, so that its patients are not known here')
      const { patientId, userId, selections = [] } = context
      if (hook === 'order-select' && !selections.some((one) => one.startsWith('ServiceRequest/')))
        return c.json({ cards: [] })
      const user = { identifier: userId, name: userId }
      const latest = await latestOf(deps, `Patient/${patientId}`, user)
      if (!latest) return c.json({ cards: [] })
      const what = `card of analysis ${latest.analysisId} (${hook})`
      await audit.record({
        action: 'read',
        target: 'store',
        studyInstanceUid: latest.studyInstanceUid,
        what,
        outcome: 'success',
        user,
      })
      const { publicUrl, canLaunch } = cds
      const launchUrl = canLaunch ? `${publicUrl}${LAUNCH_PATH}` : undefined
      return c.json({ cards: [cardOf(latest, { publicUrl, launchUrl })] })
    })
}

function wrong(detail: string): RequestProblem {
  return new RequestProblem(400, 'REQUEST_INVALID', detail, 'Correct the body.')
}

/** Delivered, and not rejected by a reviewer. */
async function latestOf(
  { cds, analyses }: { cds: CdsDeps; analyses: AppDeps['analyses'] },
  reference: string,
  user: { identifier: string; name: string },
): Promise<AnalysisRecord | undefined> {
  const patient = { reference, ids: await cds.patientIds(reference, user) }
  const records: AnalysisRecord[] = []
  for (const id of patient.ids) records.push(...(await analyses.byPatientId(id)))
  return records
    .filter((record) => isOfPatient(record, patient) && record.review?.decision !== 'reject')
    .sort((a, b) => ageOf(b).localeCompare(ageOf(a)) || b.sequence - a.sequence)[0]
}

const ageOf = ({ summary }: AnalysisRecord) => `${summary?.study?.studyDate ?? ''} ${summary?.study?.studyTime ?? ''}`
