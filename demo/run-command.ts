// The demo from the command line: runs it, prints where the results are, and stays up, or ends by itself with --exit.

import { writeFile } from 'node:fs/promises'
import { AppError } from '../src/domain/errors.ts'
import type { Prediction } from '../src/domain/finding.ts'
import { millilitres, percent } from '../src/wording/quantities.ts'
import { type DemoResult, type RunningDemo, runDemo } from './demo.ts'

export interface DemoArguments {
  exit?: boolean
  json?: string
  pacs?: string
  ehr?: string
  study?: string
  seed: string
  port: string
  data?: string
}

export async function runDemoCommand(options: DemoArguments): Promise<void> {
  const { seed, port, pacs, ehr, study, data } = options
  const demo: RunningDemo = await runDemo({
    seed: wholeNumber('--seed', seed),
    port: wholeNumber('--port', port),
    ...(pacs ? { pacs } : {}),
    ...(ehr ? { ehr } : {}),
    ...(study ? { study } : {}),
    ...(data ? { data } : {}),
    environment: process.env,
  })
  try {
    process.stdout.write(`\n${describe(demo.result)}\n`)
    if (options.json) await writeFile(options.json, `${JSON.stringify(demo.result, null, 2)}\n`)
    if (demo.result.readBack === undefined) process.exitCode = 1
    if (!options.exit) await untilInterrupted()
  } finally {
    await demo.close()
  }
}

function wholeNumber(option: string, value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 0)
    throw new AppError('SETTINGS_INVALID', `${option} must be a whole number, not "${value}"`)
  return number
}

async function untilInterrupted(): Promise<void> {
  process.stdout.write('The demo stays up; Ctrl+C ends it.\n')
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}

/** The result for a person at a terminal. */
function describe(result: DemoResult): string {
  const lines = [`Study    ${result.studyInstanceUid} (${result.instancesSent} instances)`]
  if (result.hold)
    return [...lines, `Held     ${result.hold.code}: ${result.hold.message}`, `Page     ${result.page}`].join('\n')
  const summary = result.summary
  const { readBack } = result
  if (readBack?.segmentation) lines.push(`SEG      ${readBack.segmentation.url}`)
  if (readBack?.measurements)
    lines.push(`SR       ${readBack.measurements.url} (${readBack.measurements.values} values)`)
  if (readBack)
    lines.push(
      `Report   ${readBack.report.url} (${readBack.report.status}, ${readBack.report.results} results)`,
      `PDF      ${result.page}/report.pdf`,
    )
  lines.push(`Page     ${result.page}`, '')
  for (const { name, value, unit, standardDeviation } of summary.measurements ?? []) {
    lines.push(
      `  ${name.padEnd(28)} ${millilitres(value).padStart(7)} ${unit}${standardDeviation === undefined ? '' : ` ± ${millilitres(standardDeviation)}`}`,
    )
  }
  const dice = readBack?.segmentation?.dice
  if (dice) {
    const overlaps = Object.entries(dice).map(([region, value]) => `${region} ${value.toFixed(3)}`)
    lines.push(`  Against the generated truth, Dice: ${overlaps.join(', ')}`)
  }
  lines.push('')
  for (const prediction of summary.predictions ?? []) {
    lines.push(`  ${prediction.head.padEnd(10)} ${said(prediction)}`)
  }
  const times = Object.entries(summary.times ?? {}).map(([step, seconds]) => `${step} ${seconds.toFixed(1)}`)
  lines.push(
    '',
    `Seconds  ${times.join(', ')}; ${result.secondsFromSent.toFixed(1)} from the last instance sent to delivery`,
  )
  lines.push('Research use only: a prediction from images is not a tissue test, and nobody has reviewed it.')
  return lines.join('\n')
}

/** One line per head: the call with its probability, survival by months, or why there is no answer. */
function said(prediction: Prediction): string {
  if (prediction.status === 'not-evaluable') return `not evaluable: ${prediction.reason}`
  const shareOf = (key: string) => percent(prediction.probabilities[key] ?? 0)
  if (prediction.survival) {
    const months = Object.keys(prediction.probabilities).map((key) => `${shareOf(key)} alive at ${key} months`)
    return `risk group ${prediction.survival.group.name}: ${months.join(', ')}`
  }
  if (prediction.call !== undefined) return `${prediction.call} (${shareOf(prediction.call)})`
  const remaining = prediction.remaining?.join(' or ') ?? ''
  return remaining === '' ? 'indeterminate' : `indeterminate: ${remaining}`
}
