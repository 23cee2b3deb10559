// What people decide on bundles: a candidate runs in shadow, is activated within the limits of its change control, or is rolled back. Every decision is
// audited, those that were refused too.
import {
  type BundleChange,
  type BundleDecision,
  type BundleRef,
  type BundleStanding,
  type BundlesView,
  type ChangeControl,
  type ChangeLimitState,
  type InstalledBundle,
  type ShadowCase,
  standingOf,
} from '../domain/bundles.ts'
import { AppError, asAppError } from '../domain/errors.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { BundleStore } from '../domain/ports/bundle-store.ts'
import { undeclaredControl } from '../inference/bundle/change-control.ts'
import { ACTION_WORDS, brokenLimit, bundleName, shortDigest } from '../wording/bundles.ts'

export interface DecisionPorts {
  bundles: BundleStore
  audit: AuditTrail
  /** The first one is that of the settings. */
  installed(): Promise<InstalledBundle[]>
  /** Reads every file of the folder; throws BUNDLE_INVALID. */
  verify(folder: string): Promise<unknown>
  /** Measures what the limits ask for. */
  judge(limits: ChangeControl['limits'], cases: readonly ShadowCase[], active: BundleRef): ChangeLimitState[]
}

const SHOWN_CASES = 50

type Usable = Extract<InstalledBundle, { bundle: BundleRef }>
const isUsable = (one: InstalledBundle): one is Usable => 'bundle' in one

interface Situation {
  standing: BundleStanding
  changes: BundleChange[]
  installed: InstalledBundle[]
  /** That of the settings. */
  base: BundleRef
  active: BundleRef
}

async function situationOf({ bundles, installed }: DecisionPorts): Promise<Situation> {
  const [all, changes] = [await installed(), await bundles.changes()]
  const [first] = all
  if (!first || !isUsable(first)) throw new AppError('BUNDLE_INVALID', first?.problem ?? 'no bundle is installed')
  const standing = standingOf(changes)
  return { standing, changes, installed: all, base: first.bundle, active: standing.active ?? first.bundle }
}

export async function viewBundles(ports: DecisionPorts): Promise<BundlesView> {
  const situation = await situationOf(ports)
  const { standing, changes, installed, base, active } = situation
  const shadow = await shadowOf(ports, situation)
  return {
    active,
    isBySettings: standing.active === undefined,
    ...(standing.canRollBack && { previous: standing.previous ?? base }),
    installed,
    ...(shadow && { shadow: { ...shadow, cases: shadow.cases.slice(0, SHOWN_CASES), count: shadow.cases.length } }),
    changes: changes.toReversed(),
  }
}

type ShadowRun = Omit<NonNullable<BundlesView['shadow']>, 'count'>

async function shadowOf(
  { bundles, judge }: DecisionPorts,
  { standing, installed, active }: Situation,
): Promise<ShadowRun | undefined> {
  const { shadow } = standing
  if (!shadow) return undefined
  const { bundle: candidate, since } = shadow
  const cases = await bundles.cases({ candidate, activeModel: active.modelDigest, since })
  const control = controlOf(candidate, active, installed)
  if (!control) return { ...shadow, problem: replacedSince(candidate), limits: [], cases }
  const limits = judge(control.limits, cases, active)
  return { ...shadow, ...(control.words && { words: control.words }), limits, cases }
}

/**
 * By the manifest under which the candidate began to run, since limits that were changed meanwhile were not stated beforehand; undefined if that manifest is
 * no longer there.
 */
function controlOf(
  candidate: BundleRef,
  active: BundleRef,
  installed: readonly InstalledBundle[],
): ChangeControl | undefined {
  const usable = installed.filter(isUsable)
  const own = usable.find(({ bundle }) => bundle.digest === candidate.digest)
  if (!own || own.changeControl) return own?.changeControl
  const beside = usable.find(({ bundle }) => bundle.modelDigest === active.modelDigest)
  return undeclaredControl(beside ?? own)
}

const replacedSince = (candidate: BundleRef) =>
  `${bundleName(candidate)} with digest ${shortDigest(candidate.digest)} is no longer installed as it was when its shadow run began; put it back, or end the run`

/** Throws CHANGE_REFUSED with every limit that is not met, NOT_FOUND for a bundle that is not installed, STATE_CONFLICT if somebody else decided meanwhile. */
export async function decideOnBundle(
  ports: DecisionPorts,
  decision: BundleDecision,
  user?: { identifier: string; name: string },
): Promise<BundlesView> {
  const { action, bundle = '', by, reason } = decision
  const audit = (what: string, outcome: 'success' | 'failure') =>
    ports.audit.record({ action: 'write', target: 'store', studyInstanceUid: '', what, outcome, ...(user && { user }) })
  const on = await take(ports, decision).catch(async (thrown: unknown) => {
    await audit(`refused: bundle ${bundle} ${ACTION_WORDS[action]} by ${by}: ${asAppError(thrown).message}`, 'failure')
    throw thrown
  })
  await audit(
    `bundle ${bundleName(on)} (${shortDigest(on.digest)}) ${ACTION_WORDS[action]} by ${by}: ${reason}`,
    'success',
  )
  return viewBundles(ports)
}

/** Takes the decision; returns the bundle that it is about. */
async function take(ports: DecisionPorts, { action, bundle: name, by, reason }: BundleDecision): Promise<BundleRef> {
  const situation = await situationOf(ports)
  const bundle = await permitted(ports, situation, action, name)
  const { standing, base } = situation
  if (!(await ports.bundles.decide({ action, ...(bundle && { bundle }), by, reason }, standing.version)))
    throw new AppError(
      'STATE_CONFLICT',
      'somebody else decided on a bundle at the same time; look at the bundles again',
    )
  return bundle ?? (action === 'rollback' ? (standing.previous ?? base) : standing.shadow!.bundle)
}

/** The bundle that the decision names. */
async function permitted(
  ports: DecisionPorts,
  situation: Situation,
  action: BundleDecision['action'],
  name: string | undefined,
): Promise<BundleRef | undefined> {
  const { standing, installed, base, active } = situation
  switch (action) {
    case 'shadow': {
      const { bundle, folder } = chosen(installed, name, active)
      await ports.verify(folder)
      return bundle
    }
    case 'end-shadow':
      if (!standing.shadow) throw new AppError('CHANGE_REFUSED', 'no bundle runs in shadow')
      return undefined
    case 'activate': {
      const { bundle, folder } = chosen(installed, name, active)
      const shadow = await shadowOf(ports, situation)
      if (shadow?.problem !== undefined) throw new AppError('CHANGE_REFUSED', shadow.problem)
      if (shadow?.bundle.digest !== bundle.digest)
        throw new AppError(
          'CHANGE_REFUSED',
          `${bundleName(bundle)} does not run in shadow; a bundle is activated after its shadow run`,
        )
      const broken = shadow.limits.filter(({ isMet }) => !isMet)
      if (broken.length > 0)
        throw new AppError(
          'CHANGE_REFUSED',
          `${bundleName(bundle)} does not meet the limits of its change: ${broken.map(brokenLimit).join('. ')}`,
        )
      await ports.verify(folder)
      return bundle
    }
    case 'rollback': {
      if (!standing.canRollBack)
        throw new AppError(
          'CHANGE_REFUSED',
          `${bundleName(active)} is the bundle of the settings; there is none to roll back to`,
        )
      const to = standing.previous ?? base
      const there = installed.filter(isUsable).find(({ bundle }) => bundle.modelDigest === to.modelDigest)
      if (!there)
        throw new AppError(
          'CHANGE_REFUSED',
          `${bundleName(to)} (${shortDigest(to.modelDigest)}) is no longer installed; put its folder back into inference.installed`,
        )
      await ports.verify(there.folder)
      return undefined
    }
  }
}

/** By id, or by the beginning of the digest of the manifest. */
function chosen(installed: readonly InstalledBundle[], name: string | undefined, active: BundleRef): Usable {
  if (name === undefined) throw new AppError('CHANGE_REFUSED', 'the decision names no bundle')
  const isDigest = /^[0-9a-f]{8,64}$/.test(name)
  const fitting = installed
    .filter(isUsable)
    .filter(({ bundle }) => bundle.id === name || (isDigest && bundle.digest.startsWith(name)))
  const [one, other] = fitting
  if (!one)
    throw new AppError(
      'NOT_FOUND',
      `no bundle with this id or digest is installed: ${name}; set inference.installed to the folder in which its folder is`,
    )
  if (other)
    throw new AppError(
      'CHANGE_REFUSED',
      `several bundles have the id ${name}; name one by its digest: ${fitting.map(({ bundle }) => shortDigest(bundle.digest)).join(', ')}`,
    )
  if (one.bundle.modelDigest === active.modelDigest)
    throw new AppError('CHANGE_REFUSED', `${bundleName(one.bundle)} is the active bundle`)
  return one
}
