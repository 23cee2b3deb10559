// One kind of fault among the real parts: what was lost, doubled or stuck, and how many seconds until all was well.
import { setTimeout as wait } from 'node:timers/promises'
import type { Outcome } from '../campaign.ts'
import type { Hospital } from './hospital.ts'
import { REAL_KINDS } from './kinds.ts'

const STRIKE_MS = 60_000
const SETTLE_MS = 180_000
const MAX_FAULTS_A_ROUND = 2

export async function runRealKind(hospital: Hospital, kind: string, faults: number): Promise<Outcome> {
  const strike = REAL_KINDS[kind]
  if (!strike) throw new Error(`no such kind of fault: ${kind}`)
  const outcome: Outcome = { kind, faults: 0, studies: 0, lost: [], doubled: [], stuck: [], held: [], recovered: [] }
  while (outcome.faults < faults) {
    const before = hospital.happened()
    const count = Math.min(MAX_FAULTS_A_ROUND, faults - outcome.faults)
    for (const head of [true, true, false]) await hospital.send(head)
    outcome.studies += 3
    await strike(hospital, count)
    for (const end = Date.now() + STRIKE_MS; hospital.happened() < before + count; await wait(100))
      if (Date.now() > end) throw new Error(`${kind} happened ${hospital.happened() - before} times, not ${count}`)
    hospital.disarm()
    outcome.faults += hospital.happened() - before
    await settle(hospital, outcome)
  }
  return outcome
}

async function settle(hospital: Hospital, outcome: Outcome): Promise<void> {
  const from = Date.now()
  let wrongs = await hospital.wrongs()
  while (wrongs.lost.length > 0 && Date.now() < from + SETTLE_MS) {
    outcome.doubled.push(...wrongs.doubled)
    await wait(500)
    wrongs = await hospital.wrongs()
  }
  outcome.recovered.push(Math.round((Date.now() - from) / 1000))
  outcome.lost.push(...wrongs.lost.filter((text) => !/is (queued|running|analysed)/.test(text)))
  outcome.stuck.push(...wrongs.lost.filter((text) => /is (queued|running|analysed)/.test(text)))
  outcome.doubled.push(...wrongs.doubled)
}
