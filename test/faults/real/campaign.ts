// Rounds of faults among the real parts: what was lost, doubled or stuck, and how many seconds until all was well.
import { setTimeout as wait } from 'node:timers/promises'
import type { Outcome } from '../campaign.ts'
import type { Hospital } from './hospital.ts'
import { REAL_KINDS } from './kinds.ts'

const STRIKE_MS = 300_000
const SETTLE_MS = 300_000
const FAULTS_A_ROUND = 3
const LOOK_MS = 2000

/** One kind, again and again; what cannot go on is stuck. */
export async function runRealKind(hospital: Hospital, kind: string, faults: number): Promise<Outcome> {
  const outcome = emptyOutcome(kind)
  try {
    while (outcome.faults < faults)
      await runRound(hospital, { [kind]: Math.min(FAULTS_A_ROUND, faults - outcome.faults) }, outcome)
  } catch (thrown) {
    outcome.stuck.push((thrown as Error).message)
    hospital.disarm()
  }
  return outcome
}

/** Several kinds at once, each so often. */
export async function runRealRound(hospital: Hospital, faults: Readonly<Record<string, number>>): Promise<Outcome> {
  const outcome = emptyOutcome(Object.keys(faults).join(', '))
  await runRound(hospital, faults, outcome)
  return outcome
}

function emptyOutcome(kind: string): Outcome {
  return { kind, faults: 0, studies: 0, lost: [], doubled: [], stuck: [], held: [], recovered: [] }
}

async function runRound(hospital: Hospital, faults: Readonly<Record<string, number>>, outcome: Outcome) {
  const before = hospital.happened()
  const wanted = Object.values(faults).reduce((sum, count) => sum + count, 0)
  for (const head of [true, true, false]) await hospital.send(head)
  outcome.studies += 3
  await Promise.all(Object.entries(faults).map(([kind, count]) => strike(hospital, kind, count)))
  for (const end = Date.now() + STRIKE_MS; hospital.happened() < before + wanted; await wait(LOOK_MS)) {
    if (Date.now() > end)
      throw new Error(`${outcome.kind} happened ${hospital.happened() - before} times, not ${wanted}`)
    // What is left finds nothing any more to happen to.
    if ((await hospital.inspect()).missing.length > 0) continue
    await hospital.send(true)
    outcome.studies += 1
  }
  hospital.disarm()
  outcome.faults += hospital.happened() - before
  await settle(hospital, outcome)
}

async function strike(hospital: Hospital, kind: string, count: number): Promise<void> {
  const happen = REAL_KINDS[kind]
  if (!happen) throw new Error(`no such kind of fault: ${kind}`)
  await happen(hospital, count)
}

async function settle(hospital: Hospital, outcome: Outcome): Promise<void> {
  const from = Date.now()
  let wrongs = await hospital.inspect()
  while (wrongs.missing.length > 0 && Date.now() < from + SETTLE_MS) {
    outcome.doubled.push(...wrongs.doubled)
    await wait(500)
    wrongs = await hospital.inspect()
  }
  outcome.recovered.push(Math.round((Date.now() - from) / 1000))
  outcome.doubled.push(...wrongs.doubled)
  for (const text of wrongs.missing)
    (/is (queued|running|analysed)/.test(text) ? outcome.stuck : outcome.lost).push(text)
  if (hospital.endedByItself() > 0) outcome.stuck.push('the service ended by itself')
}
