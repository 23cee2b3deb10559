// A hospital in which things go wrong, seeded or of real parts: `npm run faults -- [--real] --seed N --faults N [--kind NAME] [--write]`. Ends with 1 when something was
// lost, doubled or stuck.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Outcome, runCampaign, tableOf } from '../test/faults/campaign.ts'
import { KINDS } from '../test/faults/kinds.ts'
import { runRealKind } from '../test/faults/real/campaign.ts'
import { openRealHospital } from '../test/faults/real/hospital.ts'
import { REAL_KINDS } from '../test/faults/real/kinds.ts'

const PAGE = fileURLToPath(new URL('../docs/reliability.md', import.meta.url))

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    faults: { type: 'string' },
    kind: { type: 'string' },
    write: { type: 'boolean' },
    real: { type: 'boolean', default: false },
    ehr: { type: 'string' },
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
const hospital = real ? await openRealHospital(values.ehr) : undefined

const outcomes: Outcome[] = []
let broken = 0
for (const kind of kinds) {
  const outcome = hospital ? await runRealKind(hospital, kind, each) : await runCampaign(seed, kind, each)
  outcomes.push(outcome)
  const wrongs = [...outcome.lost, ...outcome.doubled, ...outcome.stuck]
  broken += wrongs.length
  console.log(
    `${kind}: ${outcome.faults} faults, ${wrongs.length === 0 ? 'nothing lost, doubled or stuck' : wrongs.join('; ')}`,
  )
}
await hospital?.close()
const total = outcomes.reduce((sum, { faults }) => sum + faults, 0)
const table = `${real ? 'Real parts' : `Seed ${seed}`}, ${total} faults.\n\n${tableOf(outcomes)}\n`
console.log(`\n${table}`)
if (values.write) {
  const page = readFileSync(PAGE, 'utf8')
  const from = page.indexOf(mark) + mark.length
  const next = page.indexOf('\n## ', from)
  writeFileSync(PAGE, page.slice(0, from) + table + (next < 0 ? '' : page.slice(next)))
}
if (broken > 0) process.exitCode = 1
