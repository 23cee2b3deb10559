// npm run interop: runs the suites against other people's software and writes docs/conformance/interoperability.{json,md}. `--only TEXT` runs the cells whose name contains it; the others keep
// their date. `--report FILE` takes them from a report of vitest (--reporter=json) instead of running them.
// `--render` writes the page anew from what was run. Ends with 1 if a suite failed.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CELLS, idOf } from './interoperability/cells.ts'
import { pageOf, type Ran, type Results } from './interoperability/page.ts'
import { ranIn, type SuiteReport } from './interoperability/suite-report.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const KEPT = join(ROOT, 'docs/conformance/interoperability.json')
const PAGE = join(ROOT, 'docs/conformance/interoperability.md')

const {
  only = '',
  report = [],
  render,
} = parseArgs({
  options: {
    only: { type: 'string' },
    report: { type: 'string', multiple: true },
    render: { type: 'boolean', default: false },
  },
}).values
const results: Results = existsSync(KEPT) ? JSON.parse(readFileSync(KEPT, 'utf8')) : {}
const reports = report.map((file): SuiteReport => JSON.parse(readFileSync(file, 'utf8')))
const chosen = render ? [] : CELLS.filter((cell) => idOf(cell).includes(only))
if (!render && chosen.every(({ suite }) => suite === undefined))
  throw new Error(`no cell with a suite is named like "${only}"`)

for (const cell of chosen) {
  const { suite, ofSite, needs = '' } = cell
  if (suite === undefined || (ofSite && only === '')) continue
  // Otherwise the row would say what another server answered.
  if (ofSite && !process.env[needs]) throw new Error(`${idOf(cell)}: ${needs} must name the server`)
  const ran = reports.length > 0 ? reports.flatMap((one) => ranIn(one, suite) ?? [])[0] : run(suite)
  if (!ran) continue
  results[idOf(cell)] = ran
  process.stdout.write(`${idOf(cell)}: ${ran.passed} passed, ${ran.failed} failed, ${ran.skipped} skipped\n`)
  if (ran.failed > 0) process.exitCode = 1
  // After each: a run that is interrupted keeps what it has.
  writeFileSync(KEPT, `${JSON.stringify(results, null, 2)}\n`)
}
writeFileSync(PAGE, pageOf(CELLS, results))

/** A suite that leaves no report counts as one failure. */
function run(suite: string): Ran {
  const folder = mkdtempSync(join(tmpdir(), 'gliabridge-interop-'))
  const file = join(folder, 'report.json')
  const config = suite.startsWith('integration/') ? ['--config', 'test/integration/vitest.config.ts'] : []
  try {
    const args = ['bin/run.mjs', 'vitest', 'run', ...config, `test/${suite}`, '--reporter=json', `--outputFile=${file}`]
    spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
    const ran = existsSync(file) ? ranIn(JSON.parse(readFileSync(file, 'utf8')), suite) : undefined
    return ran ?? { on: new Date().toISOString().slice(0, 10), passed: 0, failed: 1, skipped: 0 }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
