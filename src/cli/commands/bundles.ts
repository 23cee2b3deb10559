// gliabridge bundles: what is installed, active and in shadow, and decisions on it; by the running service, or on the database while none runs.
import { systemClock } from '../../clock.ts'
import { decisionPorts } from '../../compose-bundles.ts'
import type { BundleAction, BundleDecision, BundlesView } from '../../domain/bundles.ts'
import { AppError } from '../../domain/errors.ts'
import { decideOnBundle, viewBundles } from '../../pipeline/bundle-decisions.ts'
import { readSettings } from '../../settings/read.ts'
import type { Settings } from '../../settings/schema.ts'
import { withBundles } from '../../store/open-database.ts'
import { createLog } from '../../telemetry/log.ts'
import {
  ACTION_WORDS,
  BUNDLES,
  bundleName,
  changeLimitWords,
  changeMeasuredWords,
  PART_WORDS,
  shortDigest,
} from '../../wording/bundles.ts'
import { askService, mustAnswer } from '../service-api.ts'

export async function bundlesListCommand(config: string | undefined, { json }: { json?: boolean }): Promise<void> {
  const settings = await readSettings(config, process.env)
  const view = (await isServed(settings))
    ? ((await mustAnswer(settings.http, '/api/bundles')) as BundlesView)
    : await onDatabase(settings, viewBundles)
  process.stdout.write(json ? `${JSON.stringify(view, null, 2)}\n` : `${bundlesInWords(view).join('\n')}\n`)
}

export interface BundleOptions {
  by?: string
  reason: string
}

export async function bundlesDecideCommand(
  config: string | undefined,
  action: BundleAction,
  bundle: string | undefined,
  { by = process.env.USER ?? process.env.LOGNAME ?? 'command line', reason }: BundleOptions,
): Promise<void> {
  if (reason.trim() === '') throw new AppError('SETTINGS_INVALID', '--reason must say why')
  const settings = await readSettings(config, process.env)
  const decision = { ...(bundle !== undefined && { bundle }), by, reason }
  const view = (await isServed(settings))
    ? ((await mustAnswer(settings.http, `/api/bundles/${action}`, decision)) as BundlesView)
    : await onDatabase(settings, (ports) => decide(ports, { action, ...decision }))
  process.stdout.write(`${ACTION_WORDS[action]}\n${bundlesInWords(view).join('\n')}\n`)
}

type Ports = ReturnType<typeof decisionPorts>
const decide = (ports: Ports, decision: BundleDecision) =>
  decideOnBundle(ports, decision, { identifier: decision.by, name: decision.by })

/** Whether a service answers on this machine, whatever it answers. */
async function isServed({ http }: Settings): Promise<boolean> {
  return (await askService(http, '/healthz')) !== undefined
}

/** A service that cannot open its bundle does not run: the way back must not need it. */
function onDatabase<T>(settings: Settings, work: (ports: Ports) => Promise<T>): Promise<T> {
  const place = { ...settings.store, clock: systemClock, log: createLog('warn') }
  return withBundles(place, (store) => work(decisionPorts(settings, store)))
}

export function bundlesInWords({ active, isBySettings, previous, installed, shadow, changes }: BundlesView): string[] {
  const stateOf = (modelDigest: string, digest: string) => {
    if (modelDigest === active.modelDigest) return isBySettings ? BUNDLES.bySettings : BUNDLES.active
    return digest === shadow?.bundle.digest ? BUNDLES.inShadow : BUNDLES.idle
  }
  return [
    ...installed.map((one) =>
      'problem' in one
        ? `${one.folder}: ${BUNDLES.unusable}: ${one.problem}`
        : `${shortDigest(one.bundle.digest)}  ${bundleName(one.bundle)}: ${stateOf(one.bundle.modelDigest, one.bundle.digest)}`,
    ),
    ...(previous ? [`${BUNDLES.rollBackTo}: ${bundleName(previous)}`] : []),
    ...(shadow
      ? [
          `${BUNDLES.limits} (${bundleName(shadow.bundle)}, ${shadow.since.slice(0, 10)}, ${shadow.count}):`,
          ...(shadow.problem === undefined ? [] : [`  ${shadow.problem}`]),
          ...shadow.limits.map(
            (state) =>
              `  ${state.isMet ? BUNDLES.yes.padEnd(3) : BUNDLES.no.padEnd(3)}  ${PART_WORDS[state.limit.part]}: ${changeLimitWords(state.limit)}; ${changeMeasuredWords(state)}`,
          ),
        ]
      : []),
    ...changes.slice(0, 10).map(({ at, action, bundle, by, reason }) => {
      return `${at.slice(0, 16).replace('T', ' ')}  ${bundle ? `${bundleName(bundle)} ` : ''}${ACTION_WORDS[action]} by ${by}: ${reason}`
    }),
  ]
}
