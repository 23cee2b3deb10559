// Whether the bundle is complete, and an execution provider from the settings can actually open its networks on this machine.
import type { Log } from '../../domain/ports/log.ts'
import { loadBundle } from '../../inference/bundle/load.ts'
import { startOnGpus } from '../../inference/runtime/on-gpus.ts'
import type { Settings } from '../../settings/schema.ts'

export async function checkInference(inference: Settings['inference'], log: Log): Promise<string[]> {
  const bundle = await loadBundle(inference.bundle)
  const runner = await startOnGpus({ ...inference, bundle, log })
  try {
    const { provider, runtime, declined } = runner.execution
    return [
      `${bundle.id} ${bundle.version}, model ${bundle.identity.modelDigest.slice(0, 12)}: its networks run on ${provider} (${runtime})`,
      // Each network was declined separately; the first reason stands for the provider.
      ...[...Map.groupBy(declined, (one) => one.provider)].map(
        ([name, [first]]) => `${name} is not used: ${first!.reason}`,
      ),
    ]
  } finally {
    await runner.close()
  }
}
