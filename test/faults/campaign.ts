// One kind of fault, again and again, in one hospital: what was lost, doubled or stuck, and how long until all was well.
import { type Hospital, openHospital, type Wrongs } from './hospital.ts'
import { type CallFault, KINDS, type WorldFault } from './kinds.ts'

export interface Outcome {
  kind: string
  /** Faults that happened. */
  faults: number
  /** Studies that were sent meanwhile, those that must be left included. */
  studies: number
  /** In words; empty is what must be. */
  lost: string[]
  doubled: string[]
  stuck: string[]
  /** Codes of holds that a person had to release. */
  held: string[]
  /** Seconds of the hospital from the last fault of a round until every study had its result, by round. */
  recovered: number[]
}

const FAULTS_A_ROUND = 4
/** After so many a new hospital opens: who looks at all studies after each step would take ever longer. */
const FAULTS_A_HOSPITAL = 40
/** Of the hospital: once the faults are over, all must be well within. */
const LIVENESS_SECONDS = 60
const MAX_TICKS = 90
/** A fault strikes by chance, so a round may pass without one. */
const MAX_QUIET_ROUNDS = 5

/** `seed` and `kind` replay exactly what happened. Throws when a kind never happens. */
export async function runCampaign(seed: number, kind: string, faults: number): Promise<Outcome> {
  const fault = KINDS[kind]
  if (!fault) throw new Error(`no such kind of fault: ${kind}`)
  const outcome: Outcome = { kind, faults: 0, studies: 0, lost: [], doubled: [], stuck: [], held: [], recovered: [] }
  for (let number = 1; outcome.faults < faults; number += 1) {
    const hospital = await openHospital(`${seed} ${kind} ${number}`)
    try {
      await runHospital(hospital, fault, Math.min(faults, outcome.faults + FAULTS_A_HOSPITAL), outcome)
    } finally {
      await hospital.close()
    }
  }
  return outcome
}

/** Rounds of faults until there were so many in all. */
async function runHospital(hospital: Hospital, fault: CallFault | WorldFault, faults: number, outcome: Outcome) {
  let quiet = 0
  while (outcome.faults < faults) {
    for (const head of [true, true, false]) hospital.send(head)
    outcome.studies += 3
    const wanted = Math.min(FAULTS_A_ROUND, faults - outcome.faults)
    hospital.fail(fault, wanted)
    for (let ticks = 0; ticks < MAX_TICKS && hospital.injected() < wanted; ticks += 1) {
      await hospital.tick()
      // Now and then a study more, so that faults find something to happen to.
      if (ticks % 8 === 7) {
        hospital.send(true)
        outcome.studies += 1
      }
      // What is doubled is doubled at once, and not only in the end.
      outcome.doubled.push(...(await hospital.wrongs()).doubled)
    }
    quiet = hospital.injected() === 0 ? quiet + 1 : 0
    if (quiet > MAX_QUIET_ROUNDS) throw new Error(`${outcome.kind} never happened`)
    outcome.faults += hospital.injected()
    hospital.fail(undefined, 0)
    await settle(hospital, outcome)
  }
}

async function settle(hospital: Hospital, outcome: Outcome): Promise<void> {
  const from = hospital.seconds()
  let wrongs: Wrongs = await hospital.wrongs()
  for (let ticks = 0; ticks < MAX_TICKS && left(wrongs) > 0; ticks += 1) {
    outcome.held.push(...wrongs.held)
    if (wrongs.held.length > 0) await hospital.release()
    await hospital.tick()
    wrongs = await hospital.wrongs()
  }
  const seconds = hospital.seconds() - from
  outcome.recovered.push(seconds)
  if (seconds > LIVENESS_SECONDS) outcome.stuck.push(`well only ${seconds} s after the last fault`)
  outcome.lost.push(...wrongs.lost)
  outcome.doubled.push(...wrongs.doubled, ...wrongs.orphans)
  outcome.stuck.push(...wrongs.stuck)
}

/** What must not stay: of doubles none may ever be. */
function left({ lost, stuck, held, orphans }: Wrongs): number {
  return lost.length + stuck.length + held.length + orphans.length
}

/** A Markdown table of outcomes. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ kind, faults, studies, lost, doubled, stuck, held, recovered }) => {
    const sorted = [...recovered].sort((a, b) => a - b)
    const codes = [...new Set(held)].map((code) => `\`${code}\``).join(', ')
    const holds = held.length === 0 ? '0' : `${held.length} (${codes})`
    return `| ${kind} | ${faults} | ${studies} | ${lost.length} | ${doubled.length} | ${stuck.length} | ${holds} | ${sorted[Math.floor(sorted.length / 2)]} | ${sorted.at(-1)} |`
  })
  return [
    '| fault | times | studies | lost | doubled | stuck | held for a person | recovered, median s | recovered, longest s |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}
