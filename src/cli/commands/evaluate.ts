// gliabridge evaluate: the configured bundle on cases with labels, as a table and as JSON.
import { writeFile } from 'node:fs/promises'
import { evaluateCases } from '../../evaluation/evaluate-cases.ts'
import { formatTable } from '../../evaluation/table.ts'
import { loadBundle } from '../../inference/bundle-files.ts'
import { createRegistrar } from '../../inference/register.ts'
import { startRunner } from '../../inference/runner.ts'
import { createLog } from '../../telemetry/log.ts'
import { inferenceSettings } from '../inference-settings.ts'

export async function evaluateCommand(
  config: string | undefined,
  options: { cases: string; only?: string; bundle?: string; json?: string },
): Promise<void> {
  const inference = await inferenceSettings(config, process.env, options.bundle)
  const bundle = await loadBundle(inference.bundle)
  const runner = await startRunner({ ...inference, bundle, log: createLog('warn') })
  const registrar = createRegistrar()
  try {
    const report = await evaluateCases({
      folder: options.cases,
      ...(options.only ? { only: options.only.split(',') } : {}),
      bundle,
      runner,
      registrar,
      onProgress: (line) => process.stderr.write(`${line}\n`),
    })
    process.stdout.write(`${formatTable(report)}\n`)
    if (options.json) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`)
  } finally {
    await registrar.close()
    await runner.close()
  }
}
