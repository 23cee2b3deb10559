// Wires the decisions on bundles, and the shadow run of a candidate.
import { findBundle } from './compose-models.ts'
import type { Parts } from './compose-parts.ts'
import { analysisOf } from './compose-workers.ts'
import { createDecoder } from './decoding/decoder.ts'
import type { BundleRef } from './domain/bundles.ts'
import { repeat, startLoop } from './domain/repeat.ts'
import { compareResults, limitStates } from './evaluation/shadow.ts'
import { listBundles, loadBundle } from './inference/bundle/load.ts'
import type { LoadedBundle } from './inference/bundle/manifest.ts'
import { createRegistrar } from './inference/volumes/register.ts'
import type { DecisionPorts } from './pipeline/bundle-decisions.ts'
import { type OpenCandidate, shadowRound } from './pipeline/run-shadow.ts'
import type { Settings } from './settings/schema.ts'
import type { Store } from './store/store.ts'

/** `store`: of the service, or of the command line while no service runs. */
export function decisionPorts(
  { inference }: Pick<Settings, 'inference'>,
  { bundles, audit }: Pick<Store, 'bundles' | 'audit'>,
): DecisionPorts {
  return {
    bundles,
    audit,
    installed: () => listBundles(inference.installed, inference.bundle),
    verify: loadBundle,
    judge: limitStates,
  }
}

const PAUSE_MS = 10_000

/** Follows the decisions of other processes and, in a process that analyses, computes in shadow; the returned function stops it and waits until it has ended. */
export function startShadow(parts: Parts): () => Promise<void> {
  const { clock, log, models, store } = parts
  const rounds = { pauseMs: PAUSE_MS, failure: 'the candidate was not run in shadow', level: 'error' } as const
  const round = async (signal: AbortSignal) => {
    await models.refresh()
    if (parts.only === 'pages') return
    const { ports, options } = analysisOf(parts, models.current)
    const { spool: _kept, runner: _active, registrar: _theirs, readVolume: _ofTheirs, ...analysis } = ports
    const active = () => models.current.bundle
    await shadowRound(
      {
        bundles: store.bundles,
        analysis,
        options,
        log,
        active,
        open: (ref) => openCandidate(parts, ref),
        compare: compareResults,
      },
      signal,
    )
  }
  return startLoop((signal) => repeat(() => round(signal), rounds, { clock, log }, signal))
}

/** With processes of its own: at one time, one process more of each kind than without a candidate. */
async function openCandidate({ settings, startModel }: Parts, ref: BundleRef): Promise<OpenCandidate> {
  const bundle: LoadedBundle = await findBundle(ref, settings.inference.installed, settings.inference.bundle)
  const runner = await startModel(bundle)
  const [registrar, decoder] = [createRegistrar(), createDecoder()]
  return {
    bundle,
    runner,
    registrar,
    readVolume: decoder.readVolume,
    close: async () => void (await Promise.all([runner.close(), registrar.close(), decoder.close()])),
  }
}
