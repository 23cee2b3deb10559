// gliabridge evaluate: the configured bundle on cases with labels, or its heads on tables, as a table and as JSON.
import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import type { ModelRunner } from '../../domain/ports/model-runner.ts'
import { evaluateCases } from '../../evaluation/evaluate-cases.ts'
import { evaluateHeads } from '../../evaluation/evaluate-heads.ts'
import { formatHeadsTable } from '../../evaluation/heads-table.ts'
import { formatTable } from '../../evaluation/table.ts'
import { type LoadedBundle, loadBundle } from '../../inference/bundle/load.ts'
import { startRunner } from '../../inference/runtime/runner.ts'
import { createRegistrar } from '../../inference/volumes/register.ts'
import { createLog } from '../../telemetry/log.ts'
import { inferenceSettings } from '../inference-settings.ts'

export interface EvaluateOptions {
  cases?: string
  only?: string
  features?: string
  labels?: string
  bundle?: string
  json?: string
}

type Evaluate = (bundle: LoadedBundle, runner: ModelRunner) => Promise<{ report: unknown; table: string }>

const onProgress = (line: string) => process.stderr.write(`${line}\n`)

export async function evaluateCommand(config: string | undefined, options: EvaluateOptions): Promise<void> {
  const evaluate = await chooseEvaluation(options)
  const inference = await inferenceSettings(config, process.env, options.bundle)
  const bundle = await loadBundle(inference.bundle)
  const runner = await startRunner({ ...inference, bundle, log: createLog('warn') })
  try {
    const { report, table } = await evaluate(bundle, runner)
    process.stdout.write(`${table}\n`)
    if (options.json) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`)
  } finally {
    await runner.close()
  }
}

/** Either cases or two tables; the tables are read before anything is started. */
async function chooseEvaluation({ cases, only, features, labels }: EvaluateOptions): Promise<Evaluate> {
  if (cases !== undefined && features === undefined && labels === undefined) return segmentation(cases, only)
  if (cases !== undefined || features === undefined || labels === undefined)
    throw new AppError('SETTINGS_INVALID', 'evaluate takes either --cases, or --features and --labels')
  const tables = { features: await readTable(features), labels: await readTable(labels) }
  return async (bundle, runner) => {
    const report = await evaluateHeads({ ...tables, bundle, runner, onProgress })
    return { report, table: formatHeadsTable(report) }
  }
}

function segmentation(folder: string, only: string | undefined): Evaluate {
  return async (bundle, runner) => {
    const registrar = createRegistrar()
    try {
      const names = only ? { only: only.split(',') } : {}
      const report = await evaluateCases({ folder, ...names, bundle, runner, registrar, onProgress })
      return { report, table: formatTable(report) }
    } finally {
      await registrar.close()
    }
  }
}

async function readTable(path: string): Promise<{ text: string; name: string }> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('NOT_FOUND', `the table cannot be read: ${path}`, { cause })
  })
  return { text, name: basename(path) }
}
