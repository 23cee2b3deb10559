// gliabridge verify-bundle: manifest, digests, and one real run of the network on a small noise volume.

import { loadBundle } from '../../inference/bundle/load.ts'
import { channelOrder, runnableHeads } from '../../inference/bundle/manifest.ts'
import { startRunner } from '../../inference/runtime/runner.ts'
import { createLog } from '../../telemetry/log.ts'
import { inferenceSettings } from '../inference-settings.ts'

export async function verifyBundleCommand(config: string | undefined, folder: string | undefined): Promise<void> {
  const inference = await inferenceSettings(config, process.env, folder)
  const bundle = await loadBundle(inference.bundle)
  const runner = await startRunner({ ...inference, bundle, log: createLog('warn') })
  try {
    // Each head answered its own reference when the runner opened it, or the runner would not have started.
    const heads = runnableHeads(bundle).map(({ name }) => name)
    const size = [48, 48, 48] as const
    const grid = {
      size,
      spacing: bundle.preprocess.spacing_mm,
      origin: [0, 0, 0] as const,
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    }
    const data = Float32Array.from({ length: size[0] * size[1] * size[2] }, (_, i) => Math.sin(i * 12.9898))
    const { execution } = await runner.segment({ channels: channelOrder(bundle).map(() => ({ grid, data })) })
    process.stdout.write(
      `bundle ${bundle.id} ${bundle.version}: ${Object.keys(bundle.files).length} files match their digests\n` +
        `network runs on ${execution.provider} (${execution.runtime}), ${execution.seconds.toFixed(1)} s for a small volume\n` +
        (heads.length > 0 ? `heads that answer: ${heads.join(', ')}\n` : 'no head has a network\n') +
        execution.declined.map(({ provider, reason }) => `  ${provider} was not used: ${reason}\n`).join(''),
    )
  } finally {
    await runner.close()
  }
}
