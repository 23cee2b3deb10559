// The table of docs/conformance/interoperability.md, from the cells and what was run of them.
import { type Cell, idOf } from './cells.ts'

export interface Ran {
  /** ISO 8601 date */
  on: string
  passed: number
  failed: number
  skipped: number
}

/** By the id of the cell. */
export type Results = Record<string, Ran>

export function pageOf(cells: readonly Cell[], results: Results): string {
  const rows = cells.map(
    (cell) => `| ${cell.row} | ${cell.column} | ${resultOf(results[idOf(cell)])} | ${howOf(cell)} |`,
  )
  return `# Interoperability

Each row is other people's software and what it was tried with; its last column is the command that tries it again. Written by \`npm run interop\` ([how](../../CONTRIBUTING.md)); a row that has no date was not run by it. "Not tried" means
that nothing is known, not that it fails; a site that has the product tries it with the row's command and a server for tests: \`npm run interop -- --only "dcm4chee"\` keeps what came of it.

| what | with | result | command, and what is in the way |
|---|---|---|---|
${rows.join('\n')}
`
}

function resultOf(ran: Ran | undefined): string {
  if (ran === undefined) return '**not tried**'
  const { on, passed, failed, skipped } = ran
  if (passed + failed === 0) return `**not tried** (${skipped} tests skipped on ${on})`
  const others = [failed > 0 && `**${failed} failed**`, skipped > 0 && `${skipped} skipped`].filter(Boolean)
  return `${[`${passed} passed`, ...others].join(', ')}, ${on}`
}

function howOf({ suite, needs, first, upstream }: Cell): string {
  const runner = suite?.startsWith('integration/') ? 'npm run test:integration --' : 'npx vitest run'
  return [
    first && `\`${first}\``,
    suite === undefined ? 'no suite' : `\`${needs === undefined ? '' : `${needs}=… `}${runner} test/${suite}\``,
    upstream && `[${upstream.says}](${upstream.link})`,
  ]
    .filter(Boolean)
    .join('; ')
}
