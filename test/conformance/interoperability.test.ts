// The table of interoperability is what its command writes; each suite that it names exists, and what was not run says so.
import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CELLS, idOf } from '../../scripts/interoperability/cells.ts'
import { pageOf } from '../../scripts/interoperability/page.ts'
import { ranIn } from '../../scripts/interoperability/suite-report.ts'

const kept = (name: string) => readFileSync(new URL(`../../docs/conformance/${name}`, import.meta.url), 'utf8')

it('is written from what was run (npm run interop -- --render)', () => {
  expect(kept('interoperability.md')).toBe(pageOf(CELLS, JSON.parse(kept('interoperability.json'))))
})

it('names suites that exist, and each cell once', () => {
  const suites = CELLS.flatMap(({ suite }) => suite ?? [])
  expect(suites.filter((suite) => !existsSync(new URL(`../${suite}`, import.meta.url)))).toEqual([])
  expect(new Set(CELLS.map(idOf)).size).toBe(CELLS.length)
  expect(
    Object.keys(JSON.parse(kept('interoperability.json'))).filter((id) => !CELLS.some((cell) => idOf(cell) === id)),
  ).toEqual([])
})

it('says what passed, failed, was skipped and was not run', () => {
  const cells = [
    { row: 'A', column: 'x', suite: 'integration/a.test.ts', needs: 'KEY' },
    { row: 'B', column: 'y', suite: 'b.test.ts' },
    { row: 'C', column: 'z', upstream: { says: 'its fault', link: 'https://example.org/1' } },
    { row: 'D', column: 'z', suite: 'd.test.ts' },
  ]
  const page = pageOf(cells, {
    'A: x': { on: '2026-03-01', passed: 7, failed: 0, skipped: 0 },
    'B: y': { on: '2026-03-02', passed: 3, failed: 2, skipped: 1 },
    'D: z': { on: '2026-03-03', passed: 0, failed: 0, skipped: 4 },
  })
  expect(page.split('\n').filter((line) => /^\| [ABCD] /.test(line))).toEqual([
    '| A | x | 7 passed, 2026-03-01 | `KEY=… npm run test:integration -- test/integration/a.test.ts` |',
    '| B | y | 3 passed, **2 failed**, 1 skipped, 2026-03-02 | `npx vitest run test/b.test.ts` |',
    '| C | z | **not tried** | no suite; [its fault](https://example.org/1) |',
    '| D | z | **not tried** (4 tests skipped on 2026-03-03) | `npx vitest run test/d.test.ts` |',
  ])
})

it('takes what was run from a report of vitest', () => {
  const endTime = Date.UTC(2026, 2, 1)
  const suite = (name: string, status: string, ...each: string[]) => {
    return { name: `/somewhere/test/${name}`, endTime, status, assertionResults: each.map((one) => ({ status: one })) }
  }
  const report = {
    testResults: [
      suite('integration/a.test.ts', 'failed', 'passed', 'passed', 'failed', 'pending', 'skipped'),
      suite('integration/b.test.ts', 'failed'),
      suite('b.test.ts', 'passed', 'passed'),
    ],
  }
  expect(ranIn(report, 'integration/a.test.ts')).toEqual({ on: '2026-03-01', passed: 2, failed: 1, skipped: 2 })
  // It ended before its tests.
  expect(ranIn(report, 'integration/b.test.ts')).toEqual({ on: '2026-03-01', passed: 0, failed: 1, skipped: 0 })
  expect(ranIn(report, 'b.test.ts')).toEqual({ on: '2026-03-01', passed: 1, failed: 0, skipped: 0 })
  expect(ranIn(report, 'c.test.ts')).toBeUndefined()
})
