// The model that this process has open: the bundle that people made active, or that of the settings; changed between analyses when a decision changes it.
import { type BundleRef, standingOf } from './domain/bundles.ts'
import { AppError } from './domain/errors.ts'
import type { BundleStore } from './domain/ports/bundle-store.ts'
import type { Log } from './domain/ports/log.ts'
import { createTurns } from './domain/turns.ts'
import { listBundles, loadBundle } from './inference/bundle/load.ts'
import type { LoadedBundle } from './inference/bundle/manifest.ts'
import type { Runner } from './inference/runtime/runner.ts'

export interface Model {
  bundle: LoadedBundle
  runner: Runner
}

export interface Models {
  readonly current: Model
  /** Opens what is active now, if that is another model. */
  refresh(): Promise<void>
  /**
   * Whether an analysis registered for this model is to give way to one for the current model: a decision of people came between. Where only the settings of
   * processes differ, as while they are changed one after the other, it does not: each would replace what the other registered.
   */
  isOutdated(modelDigest: string | undefined): boolean
  /** Refreshes, then works with one model from beginning to end. */
  use<T>(work: (model: Model) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface ModelNeeds {
  /** The bundle of the settings. */
  base: LoadedBundle
  /** The folder of bundle folders, if the site has one. */
  installed: string | undefined
  /** Undefined to take the bundle of the settings, whatever was decided. */
  bundles: Pick<BundleStore, 'changes'> | undefined
  start(bundle: LoadedBundle): Promise<Runner>
  log: Log
}

/** Throws BUNDLE_INVALID if the active bundle is not installed. */
export async function openModels({ base, installed, bundles, start, log }: ModelNeeds): Promise<Models> {
  const turns = createTurns()
  const users = new Map<Model, number>()
  const retired = new Set<Model>()
  let active: BundleRef | undefined
  /** Models that people made active at some time. */
  let activated: ReadonlySet<string> = new Set()
  async function decided(): Promise<BundleRef | undefined> {
    const changes = (await bundles?.changes()) ?? []
    activated = new Set(
      changes.flatMap(({ action, bundle }) => (action === 'activate' && bundle ? [bundle.modelDigest] : [])),
    )
    active = standingOf(changes).active
    return active
  }
  const modelOf = async (ref: BundleRef | undefined): Promise<Model> => {
    const bundle = ref && !isModel(base, ref) ? await findBundle(ref, installed) : base
    return { bundle, runner: await start(bundle) }
  }
  let current = await modelOf(await decided())

  async function closeUnused(): Promise<void> {
    for (const model of retired) {
      if ((users.get(model) ?? 0) > 0) continue
      retired.delete(model)
      users.delete(model)
      await model.runner.close()
    }
  }
  async function follow(): Promise<Model> {
    const ref = await decided()
    if (isModel(current.bundle, ref ?? base.identity)) return current
    const next = await modelOf(ref)
    retired.add(current)
    current = next
    const { id, version, identity } = next.bundle
    log.info({ bundleId: id, version, bundleDigest: identity.digest }, 'another bundle is active now')
    await closeUnused()
    return next
  }
  /** In turn, so that two analyses that begin together open it once, and none is closed before its use is counted. */
  const take = () =>
    turns('model', async () => {
      const model = await follow()
      users.set(model, (users.get(model) ?? 0) + 1)
      return model
    })
  return {
    get current() {
      return current
    },
    isOutdated: (modelDigest) =>
      modelDigest !== undefined &&
      modelDigest !== current.bundle.identity.modelDigest &&
      (active !== undefined || activated.has(modelDigest)),
    refresh: async () => void (await turns('model', follow)),
    async use(work) {
      const model = await take()
      try {
        return await work(model)
      } finally {
        users.set(model, users.get(model)! - 1)
        await closeUnused()
      }
    },
    async close() {
      await turns('model', async () => {
        for (const model of [...retired, current]) await model.runner.close()
        retired.clear()
      })
    },
  }
}

/** For a process that analyses nothing: it knows the bundle, and starts no inference process. */
export function withoutNetworks({ identity }: Pick<LoadedBundle, 'identity'>): Runner {
  const refuse = async () => {
    throw new AppError('INFERENCE_UNAVAILABLE', 'this process runs no networks (serve --only pages)')
  }
  return {
    bundle: identity,
    execution: { provider: 'none', requested: [], declined: [], runtime: 'none' },
    pids: [],
    segment: refuse,
    runHead: refuse,
    encode: refuse,
    close: async () => undefined,
  }
}

const isModel = ({ identity }: Pick<LoadedBundle, 'identity'>, { modelDigest }: Pick<BundleRef, 'modelDigest'>) =>
  identity.modelDigest === modelDigest

/** The installed bundle with this model; the very manifest if there are several. */
export async function findBundle(
  ref: BundleRef,
  installed: string | undefined,
  ...single: string[]
): Promise<LoadedBundle> {
  const all = (await listBundles(installed, ...single)).flatMap((one) => ('bundle' in one ? [one] : []))
  const same = all.filter(({ bundle }) => bundle.modelDigest === ref.modelDigest)
  const one = same.find(({ bundle }) => bundle.digest === ref.digest) ?? same[0]
  if (one) return loadBundle(one.folder)
  throw new AppError(
    'BUNDLE_INVALID',
    `the bundle ${ref.id} ${ref.version} with model digest ${ref.modelDigest} was decided on, and is not installed: put its folder back into inference.installed, or roll back (gliabridge bundles rollback)`,
  )
}
