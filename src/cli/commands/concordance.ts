// gliabridge concordance: this site's own figures beside the card's, from the running service, as a table, JSON or PDF.
import { writeFile } from 'node:fs/promises'
import type { SiteFigures } from '../../domain/concordance.ts'
import { AppError } from '../../domain/errors.ts'
import { readSettings } from '../../settings/read.ts'
import { CONCORDANCE, figuresContent } from '../../wording/concordance.ts'
import { mustAnswer, mustAnswerBytes } from '../service-api.ts'

export interface ConcordanceCommandOptions {
  month?: string
  out?: string
  json?: boolean
}

export async function concordanceCommand(
  config: string | undefined,
  { month, out, json }: ConcordanceCommandOptions,
): Promise<void> {
  if (month !== undefined && !/^\d{4}-(0[1-9]|1[0-2])$/.test(month))
    throw new AppError('SETTINGS_INVALID', '--month must be a month such as 2026-11')
  const { http } = await readSettings(config, process.env)
  const query = month === undefined ? '' : `?month=${month}`
  if (out !== undefined) await writeFile(out, await mustAnswerBytes(http, `/api/concordance.pdf${query}`))
  const figures = (await mustAnswer(http, `/api/concordance${query}`)) as SiteFigures
  process.stdout.write(json ? `${JSON.stringify(figures, null, 2)}\n` : textOf(figures))
  if (out !== undefined) process.stderr.write(`wrote ${out}\n`)
}

function textOf(figures: SiteFigures): string {
  const { period, counted, tables, notes } = figuresContent(figures)
  const parts = tables.map(({ title, verdict, rows }) => {
    const width = Math.max(...rows.map(({ name }) => name.length))
    const lines = rows.map(({ name, here, card }) => {
      const stated = card === '' ? '' : `   ${CONCORDANCE.card}: ${card}`
      return `  ${name.padEnd(width)}  ${here}${stated}`
    })
    return [title, `  ${verdict}`, ...lines].join('\n')
  })
  return `${[period, counted, '', parts.join('\n\n'), '', ...notes].join('\n')}\n`
}
