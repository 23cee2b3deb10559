// gliabridge gpu-check: what this machine lacks for each accelerator, and each network of the bundle on it, held against the CPU.
import { AppError } from '../../domain/errors.ts'
import { ACCELERATORS, type Accelerator, isIndexed, onGpu } from '../../domain/providers.ts'
import { loadBundle } from '../../inference/bundle/load.ts'
import type { LoadedBundle } from '../../inference/bundle/manifest.ts'
import {
  AGREEMENT_BOUND,
  type Agreement,
  compareWithCpu,
  type DeclinedNetwork,
} from '../../inference/runtime/agreement.ts'
import { missingFor } from '../checks/gpu.ts'
import { inferenceSettings } from '../inference-settings.ts'

export interface GpuCheckOptions {
  bundle?: string
  providers?: string
  networks?: string
}

/** Exit code 0 if every network runs on one of the accelerators, in agreement with the CPU. */
export async function gpuCheckCommand(config: string | undefined, options: GpuCheckOptions): Promise<void> {
  const { bundle: folder, gpus = [] } = await inferenceSettings(config, process.env, options.bundle)
  const bundle = await loadBundle(folder)
  const only = listOf(options.networks)
  const unknown = only?.find((name) => !(name in bundle.graph.networks))
  if (unknown !== undefined) throw new AppError('SETTINGS_INVALID', `bundle ${bundle.id} has no network ${unknown}`)
  say(
    `bundle ${bundle.id} ${bundle.version}; a network agrees if no output differs by more than ${AGREEMENT_BOUND} of the largest`,
  )
  let whole = false
  for (const provider of acceleratorsOf(options)) {
    const named = isIndexed(provider) && gpus.length > 0 ? gpus.map((gpu) => onGpu(provider, gpu)) : [provider]
    for (const one of named) whole = (await tryProvider(provider, one, bundle, only)) || whole
  }
  if (!whole) process.exitCode = 1
}

/** `named` says which GPU, if the settings do. */
async function tryProvider(
  provider: Accelerator,
  named: string,
  bundle: LoadedBundle,
  only: string[] | undefined,
): Promise<boolean> {
  const missing = missingFor(provider)
  say(`${named}: ${missing.length === 0 ? 'nothing is missing' : 'cannot be used; missing:'}`)
  for (const line of missing) say(`  ${line}`)
  if (missing.length > 0) return false
  let whole = true
  const declined: DeclinedNetwork[] = []
  for await (const one of compareWithCpu(bundle, named, only)) {
    whole &&= 'agrees' in one && one.agrees
    if ('reason' in one) declined.push(one)
    else say(`  ${one.network}: ${describe(one)}`)
  }
  // A GPU that cannot be reached declines all of them for one reason.
  for (const [reason, networks] of Map.groupBy(declined, ({ reason: why }) => why))
    say(`  ${networks.map(({ network }) => network).join(', ')}: declined: ${reason}`)
  return whole
}

function describe({ ranOn, difference, agrees, milliseconds, cpuMilliseconds }: Agreement): string {
  const verdict = agrees ? 'agrees' : 'DIFFERS'
  return `${verdict}, ${difference.toExponential(1)} of the largest output; ${milliseconds.toFixed(0)} ms on ${ranOn}, ${cpuMilliseconds.toFixed(0)} ms on cpu`
}

function acceleratorsOf({ providers }: GpuCheckOptions): Accelerator[] {
  return (listOf(providers) ?? ACCELERATORS).map((name) => {
    const one = ACCELERATORS.find((accelerator) => accelerator === name)
    if (!one) throw new AppError('SETTINGS_INVALID', `--providers must be of ${ACCELERATORS.join(', ')}, not ${name}`)
    return one
  })
}

function listOf(text: string | undefined): string[] | undefined {
  return text?.split(',').map((one) => one.trim())
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
