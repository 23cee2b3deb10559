// A seeded hospital in which things go wrong: `npm run faults -- --seed N --faults N [--kind NAME] [--write]`. Ends with 1 when something was lost, doubled or stuck.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Outcome, runCampaign, tableOf } from '../test/faults/campaign.ts'
import { KINDS } from '../test/faults/kinds.ts'

const PAGE = fileURLToPath(new URL('../docs/reliability.md', import.meta.url))
const MARK = '<!-- npm run faults -- --write -->\n'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    faults: { type: 'string' },
    kind: { type: 'string' },
    write: { type: 'boolean' },
  },
})
const whole = (name: string, text: string | undefined, otherwise: number) => {
  const value = Number(text ?? otherwise)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number above zero`)
  return value
}
const seed = whole('seed', values.seed, 1)
const kinds = values.kind === undefined ? Object.keys(KINDS) : [values.kind]
const each = Math.ceil(whole('faults', values.faults, 300) / kinds.length)

const outcomes: Outcome[] = []
let broken = 0
for (const kind of kinds) {
  const outcome = await runCampaign(seed, kind, each)
  outcomes.push(outcome)
  const wrongs = [...outcome.lost, ...outcome.doubled, ...outcome.stuck]
  broken += wrongs.length
  console.log(
    `${kind}: ${outcome.faults} faults, ${wrongs.length === 0 ? 'nothing lost, doubled or stuck' : wrongs.join('; ')}`,
  )
}
const total = outcomes.reduce((sum, { faults }) => sum + faults, 0)
const table = `Seed ${seed}, ${total} faults.\n\n${tableOf(outcomes)}\n`
console.log(`\n${table}`)
if (values.write) {
  const page = readFileSync(PAGE, 'utf8')
  writeFileSync(PAGE, page.slice(0, page.indexOf(MARK) + MARK.length) + table)
}
if (broken > 0) process.exitCode = 1
