// gliabridge evaluate: measures the configured bundle on labelled cases, its heads on tables, or the whole chain; prints a table and writes JSON.
import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import type { ModelRunner } from '../../domain/ports/model-runner.ts'
import type { ChainReport } from '../../evaluation/chain-scores.ts'
import { formatChainTable } from '../../evaluation/chain-table.ts'
import { evaluateCases } from '../../evaluation/evaluate-cases.ts'
import { evaluateChain } from '../../evaluation/evaluate-chain.ts'
import { evaluateHeads } from '../../evaluation/evaluate-heads.ts'
import { formatHeadsTable } from '../../evaluation/heads-table.ts'
import { formatTable } from '../../evaluation/table.ts'
import { loadBundle } from '../../inference/bundle/load.ts'
import type { LoadedBundle } from '../../inference/bundle/manifest.ts'
import { startOnGpus } from '../../inference/runtime/on-gpus.ts'
import { createRegistrar, type Registrar } from '../../inference/volumes/register.ts'
import { createLog } from '../../telemetry/log.ts'
import { inferenceSettings } from '../inference-settings.ts'

export interface EvaluateOptions {
  cases?: string
  chain?: string[]
  only?: string
  features?: string
  labels?: string
  bundle?: string
  json?: string
  table?: string
}

type Evaluate = (bundle: LoadedBundle, runner: ModelRunner) => Promise<{ report: unknown; table: string }>

const onProgress = (line: string) => process.stderr.write(`${line}\n`)

export async function evaluateCommand(config: string | undefined, options: EvaluateOptions): Promise<void> {
  const evaluate = await chooseEvaluation(options)
  const inference = await inferenceSettings(config, process.env, options.bundle)
  const bundle = await loadBundle(inference.bundle)
  const runner = await startOnGpus({ ...inference, bundle, log: createLog('warn') })
  try {
    const { report, table } = await evaluate(bundle, runner)
    process.stdout.write(`${table}\n`)
    await write(options, report, table)
  } finally {
    await runner.close()
  }
}

async function write({ json, table }: EvaluateOptions, report: unknown, text: string): Promise<void> {
  if (json) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`)
  if (table) await writeFile(table, `${text}\n`)
}

const USAGE = 'evaluate takes either --cases, or --features and --labels, or --chain and --labels'

/** Chooses cases, two tables, or the chain on cases with one table; reads tables before anything starts. */
async function chooseEvaluation(options: EvaluateOptions): Promise<Evaluate> {
  const { cases, chain, only, features, labels } = options
  const given = [cases, chain, features].filter((one) => one !== undefined).length
  if (given !== 1 || (labels === undefined) !== (cases !== undefined)) throw new AppError('SETTINGS_INVALID', USAGE)
  if (cases !== undefined) return segmentation(cases, only)
  const results = await readTable(labels!)
  if (chain !== undefined) return wholeChain(chain, results, options)
  const tables = { features: await readTable(features!), labels: results }
  return async (bundle, runner) => {
    const report = await evaluateHeads({ ...tables, bundle, runner, onProgress })
    return { report, table: formatHeadsTable(report) }
  }
}

function segmentation(folder: string, only: string | undefined): Evaluate {
  return withRegistrar(async (bundle, runner, registrar) => {
    const report = await evaluateCases({ folder, ...names(only), bundle, runner, registrar, onProgress })
    return { report, table: formatTable(report) }
  })
}

/** Both files are rewritten after every case. */
function wholeChain(folders: string[], labels: { text: string; name: string }, options: EvaluateOptions): Evaluate {
  return withRegistrar(async (bundle, runner, registrar) => {
    const onReport = (report: ChainReport) => write(options, report, formatChainTable(report))
    const only = names(options.only)
    const report = await evaluateChain({ folders, labels, ...only, bundle, runner, registrar, onProgress, onReport })
    return { report, table: formatChainTable(report) }
  })
}

const names = (only: string | undefined) => (only ? { only: only.split(',') } : {})

function withRegistrar(
  evaluate: (bundle: LoadedBundle, runner: ModelRunner, registrar: Registrar) => ReturnType<Evaluate>,
): Evaluate {
  return async (bundle, runner) => {
    const registrar = createRegistrar()
    try {
      return await evaluate(bundle, runner, registrar)
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
