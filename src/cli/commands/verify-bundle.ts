// gliabridge verify-bundle: checks manifest and digests, describes in words what the bundle does, and runs every network once.

import { describeGraph } from '../../inference/bundle/describe-graph.ts'
import { loadBundle } from '../../inference/bundle/load.ts'
import type { LoadedBundle } from '../../inference/bundle/manifest.ts'
import { channelOrder, runnableHeads } from '../../inference/bundle/manifest.ts'
import { startOnGpus } from '../../inference/runtime/on-gpus.ts'
import type { Runner } from '../../inference/runtime/runner.ts'
import { createLog } from '../../telemetry/log.ts'
import { inferenceSettings } from '../inference-settings.ts'

export async function verifyBundleCommand(config: string | undefined, folder: string | undefined): Promise<void> {
  const inference = await inferenceSettings(config, process.env, folder)
  const bundle = await loadBundle(inference.bundle)
  const runner = await startOnGpus({ ...inference, bundle, log: createLog('warn') })
  try {
    // The runner checked each head against its own reference on opening; otherwise it would not have started.
    const heads = runnableHeads(bundle).map(({ name }) => name)
    const { execution } = runner
    process.stdout.write(
      `bundle ${bundle.id} ${bundle.version}: ${Object.keys(bundle.files).length} files match their digests\n` +
        `digest ${bundle.identity.digest}\n` +
        describeGraph(bundle)
          .map((line) => `${line}\n`)
          .join('') +
        `${Object.keys(bundle.graph.networks).length > 1 ? 'networks run' : 'network runs'} on ${execution.provider} (${execution.runtime}): ${await tried(bundle, runner)}\n` +
        (heads.length > 0 ? `heads that answer: ${heads.join(', ')}\n` : 'no head has a network\n') +
        execution.declined.map(({ provider, reason }) => `  ${provider} was not used: ${reason}\n`).join(''),
    )
  } finally {
    await runner.close()
  }
}

/** A single network runs on a small synthetic volume; networks of a graph, whose later stages such a volume would not reach, were tried when they were opened. */
async function tried(bundle: LoadedBundle, runner: Runner): Promise<string> {
  const names = Object.keys(bundle.graph.networks)
  const first = bundle.graph.stages[0]!.grid
  if (names.length > 1 || !('spacing_mm' in first)) return `${names.length} networks answered a trial`
  const size = [48, 48, 48] as const
  const direction = [1, 0, 0, 0, 1, 0, 0, 0, 1]
  const grid = { size, spacing: first.spacing_mm, origin: [0, 0, 0] as const, direction }
  const data = Float32Array.from({ length: size[0] * size[1] * size[2] }, (_, i) => Math.sin(i * 12.9898))
  const { execution } = await runner.segment({ channels: channelOrder(bundle).map(() => ({ grid, data })) })
  return `${execution.seconds.toFixed(1)} s for a small volume`
}
