// A hospital of real parts in which things go wrong, each kind once, several at a time: nothing is lost, doubled or stuck. The long run is `npm run faults -- --real`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runRealRound } from '../faults/real/campaign.ts'
import { type Hospital, openRealHospital } from '../faults/real/hospital.ts'
import { REAL_KINDS } from '../faults/real/kinds.ts'
import { HAPI_START_MS, HOW_TO_INSTALL, hapiJars, startHapi } from '../support/hapi.ts'

/** Kinds that stand far from each other in the table meet in one round. */
const ROUNDS = 5
/** A FHIR R4 server that runs already. */
const given = process.env.GLIABRIDGE_TEST_FHIR
const kinds = Object.keys(REAL_KINDS)
const rounds = Array.from({ length: ROUNDS }, (_, round) => kinds.filter((_, n) => n % ROUNDS === round))

describe(`faults among Orthanc, PostgreSQL and HAPI FHIR (${HOW_TO_INSTALL})`, () => {
  let hapi: Awaited<ReturnType<typeof startHapi>> | undefined
  let hospital: Hospital
  let happened = 0
  beforeAll(async () => {
    if (!given) hapi = await startHapi(hapiJars() ?? '')
    hospital = await openRealHospital({ seed: 1, ehr: given ?? hapi!.url })
  }, HAPI_START_MS)
  afterAll(async () => {
    await hospital?.close()
    await hapi?.close()
  })

  it.each(rounds.map((round) => [round.join('; '), round] as const))('%s', async (_, round) => {
    const outcome = await runRealRound(hospital, Object.fromEntries(round.map((kind) => [kind, 1])))
    expect(outcome, hospital.complaints.slice(-40).join('\n')).toMatchObject({ lost: [], doubled: [], stuck: [] })
    happened += outcome.faults
  })

  it('leaves every study as it must be, after at least 20 faults', async () => {
    expect(happened).toBeGreaterThanOrEqual(20)
    expect(await hospital.inspect(true)).toEqual({ missing: [], doubled: [] })
    expect(hospital.endedByItself()).toBe(0)
  })
})
