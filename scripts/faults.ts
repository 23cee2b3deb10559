// A hospital in which things go wrong, seeded or of real parts: `npm run faults -- [--real [--ehr URL] [--hospitals N]] --seed N --faults N [--workers N] [--kind NAME] [--write]`. Ends with 1 when
// something was lost, doubled or stuck.
import { fork } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createSlots } from '../src/domain/slots.ts'
import { type Outcome, runCampaign, tableOf } from '../test/faults/campaign.ts'
import { KINDS } from '../test/faults/kinds.ts'
import { runRealKind } from '../test/faults/real/campaign.ts'
import { type Hospital, openRealHospital } from '../test/faults/real/hospital.ts'
import { REAL_KINDS } from '../test/faults/real/kinds.ts'
import type { SeededWork } from '../test/faults/worker.ts'
import { HOW_TO_INSTALL, hapiJars, startHapi } from '../test/support/hapi.ts'

const LAST_COMPLAINTS = 40
const PAGE = fileURLToPath(new URL('../docs/reliability.md', import.meta.url))

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    faults: { type: 'string' },
    kind: { type: 'string' },
    write: { type: 'boolean' },
    real: { type: 'boolean', default: false },
    ehr: { type: 'string' },
    hospitals: { type: 'string' },
    workers: { type: 'string' },
  },
})
const whole = (name: string, text: string | undefined, otherwise: number) => {
  const value = Number(text ?? otherwise)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number above zero`)
  return value
}
const seed = whole('seed', values.seed, 1)
const { real } = values
const mark = `<!-- npm run faults -- ${real ? '--real ' : ''}--write -->\n`
const kinds = values.kind === undefined ? Object.keys(real ? REAL_KINDS : KINDS) : [values.kind]
const each = Math.ceil(whole('faults', values.faults, real ? 100 : 300) / kinds.length)
const outcomes = real ? await amongRealParts() : await seeded()
const broken = outcomes.reduce((sum, { lost, doubled, stuck }) => sum + lost.length + doubled.length + stuck.length, 0)
const total = outcomes.reduce((sum, { faults }) => sum + faults, 0)
const table = `${real ? 'Real parts, seed' : 'Seed'} ${seed}, ${total} faults.\n\n${tableOf(outcomes)}\n`
console.log(`\n${table}`)
if (values.write) {
  const page = readFileSync(PAGE, 'utf8')
  const from = page.indexOf(mark) + mark.length
  const next = page.indexOf('\n## ', from)
  writeFileSync(PAGE, page.slice(0, from) + table + (next < 0 ? '' : page.slice(next)))
}
if (broken > 0) process.exitCode = 1

function told(outcome: Outcome): Outcome {
  const { kind, faults, lost, doubled, stuck } = outcome
  const wrongs = [...lost, ...doubled, ...stuck]
  console.log(
    `${kind}: ${faults} faults, ${wrongs.length === 0 ? 'nothing lost, doubled or stuck' : wrongs.join('; ')}`,
  )
  return outcome
}

/** Each kind in a process of its own, so many at once; one kind alone in this one. */
async function seeded(): Promise<Outcome[]> {
  if (values.kind !== undefined) return [told(await runCampaign(seed, values.kind, each))]
  const inSlot = createSlots(whole('workers', values.workers, 2)).run
  return Promise.all(kinds.map((kind) => inSlot(async () => told(await outcomeOf({ seed, kind, faults: each })))))
}

function outcomeOf(work: SeededWork): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('../test/faults/worker.ts', import.meta.url), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    child.once('message', (outcome) => resolve(outcome as Outcome))
    child.once('exit', (code) => reject(new Error(`${work.kind}: its process ended (${code})`)))
    child.send(work)
  })
}

/** In hospitals side by side, since most of the time is waiting; the kinds in the order of the table. */
async function amongRealParts(): Promise<Outcome[]> {
  const hapi = values.ehr === undefined ? await openHapi() : undefined
  const ehr = values.ehr ?? hapi!.url
  const remaining = [...kinds]
  const outcomes: Outcome[] = []
  const runAll = async (hospital: Hospital) => {
    for (let kind = remaining.shift(); kind !== undefined; kind = remaining.shift()) {
      const outcome = await runRealKind(hospital, kind, each)
      // What was right once may have been spoilt since.
      const { missing, doubled } = await hospital.inspect(true)
      outcome.lost.push(...missing)
      outcome.doubled.push(...doubled)
      outcomes.push(told(outcome))
      const isWell = outcome.lost.length + outcome.doubled.length + outcome.stuck.length === 0
      if (!isWell) console.log(hospital.complaints.slice(-LAST_COMPLAINTS).join('\n'))
    }
    await hospital.close()
  }
  const beside = whole('hospitals', values.hospitals, 1)
  const hospitals = Array.from({ length: beside }, (_, n) => openRealHospital({ seed: seed + n, ehr }))
  await Promise.all(hospitals.map(async (opening) => runAll(await opening)))
  await hapi?.close()
  return kinds.flatMap((kind) => outcomes.filter((outcome) => outcome.kind === kind))
}

function openHapi() {
  const jars = hapiJars()
  if (jars === undefined) throw new Error(`needs HAPI FHIR (${HOW_TO_INSTALL}), or --ehr with another FHIR server`)
  return startHapi(jars)
}
