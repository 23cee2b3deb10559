// Words of bundles: which is active, which runs in shadow, what the limits of a change ask for and what was measured.
import type {
  BundleAction,
  BundleRef,
  ChangeLimit,
  ChangeLimitState,
  ChangePart,
  ShadowCase,
} from '../domain/bundles.ts'
import { SHORT_HEAD_NAMES } from './names.ts'
import { className } from './predictions.ts'
import { partPercent, signed, volume } from './quantities.ts'

export const BUNDLES = {
  title: 'Bundles',
  link: 'Bundles',
  lead: 'The active bundle makes every result. A candidate in shadow computes delivered studies again, when nothing else is to be done; nothing of it goes to PACS or EHR. It may be activated once every limit is met.',
  installed: 'Installed',
  bundle: 'Bundle',
  model: 'Model',
  state: 'State',
  action: 'Decide',
  active: 'active',
  bySettings: 'active, by the settings',
  inShadow: 'in shadow',
  idle: 'installed',
  unusable: 'cannot be used',
  undeclared: 'Its manifest states no change control; the service’s own limits apply.',
  start: 'Run in shadow',
  end: 'End the shadow run',
  activate: 'Activate',
  rollBack: 'Roll back',
  rollBackTo: 'Roll back to',
  alwaysAllowed: 'A rollback needs no limits. It ends a shadow run.',
  by: 'Decided by',
  reason: 'Reason',
  limits: 'Limits of the change',
  part: 'Part',
  limit: 'Limit',
  measured: 'Measured',
  met: 'Met',
  yes: 'yes',
  no: 'NO',
  cases: 'Cases',
  noCases: 'No study has been computed by both bundles yet.',
  since: 'Since',
  digest: 'digest',
  when: 'When',
  study: 'Study',
  outlines: 'Dice and volume, active → candidate',
  calls: 'Calls that differ',
  seconds: 'Networks, active → candidate',
  same: 'none',
  failed: 'Failed',
  leftOut: 'Not compared',
  decisions: 'Decisions',
  none: 'None yet: the settings decide.',
  who: 'Who',
  what: 'What',
  noCall: 'no call',
  nothing: '–',
} as const

export const ACTION_WORDS: Readonly<Record<BundleAction, string>> = {
  shadow: 'run in shadow',
  'end-shadow': 'shadow run ended',
  activate: 'activated',
  rollback: 'rolled back',
}

export const PART_WORDS: Readonly<Record<ChangePart, string>> = {
  modifications: 'Modifications',
  protocol: 'Protocol',
  impact: 'Impact',
}

/** "glioma-cascade-1mm 0.3.0" */
export const bundleName = ({ id, version }: Pick<BundleRef, 'id' | 'version'>) => `${id} ${version}`
/** The first digits, by which a person tells models apart. */
export const shortDigest = (digest: string) => digest.slice(0, 12)

/** "Mean Dice against the active bundle, WT: at least 0.85" */
export function changeLimitWords(limit: ChangeLimit): string {
  switch (limit.measure) {
    case 'replaces':
      return `Replaces only ${limit.ids.join(', ')}`
    case 'cases':
      return `Studies computed by both: at least ${limit.atLeast}`
    case 'dice':
      return `Mean Dice against the active bundle, ${limit.region}: at least ${limit.atLeast}`
    case 'volume-difference':
      return `Median difference of the volume, ${limit.region}: at most ${partPercent(limit.atMost)}`
    case 'changed-calls':
      return `Changed calls, ${SHORT_HEAD_NAMES[limit.head]}: at most ${partPercent(limit.atMost)}`
    case 'failures':
      return `Studies without a result: at most ${partPercent(limit.atMost)}`
  }
}

/** "0.871 of 34" */
export function changeMeasuredWords({ limit, measured, cases, isMet }: ChangeLimitState): string {
  if (limit.measure === 'replaces')
    return isMet ? 'the active bundle is one of them' : 'the active bundle is none of them'
  if (measured === undefined) return 'nothing yet'
  switch (limit.measure) {
    case 'cases':
      return String(measured)
    case 'dice':
      return `${measured.toFixed(3)} of ${cases}`
    default:
      return `${sharePercent(measured)} of ${cases}`
  }
}

/** A tenth of a percent, so that a share just beyond its limit does not read like the limit. */
const sharePercent = (share: number) => `${Number((100 * share).toFixed(1))} %`

/** "Mean Dice against the active bundle, WT: at least 0.85; measured 0.712 of 34" */
export const brokenLimit = (state: ChangeLimitState) =>
  `${changeLimitWords(state.limit)}; measured ${changeMeasuredWords(state)}`

/** "WT 0.912, 34.1 → 35.0 mL (+0.9)" */
export const overlapWords = ({ region, dice, activeMl, shadowMl }: ShadowCase['regions'][number]) =>
  `${region} ${dice.toFixed(3)}, ${volume(activeMl)} → ${volume(shadowMl)} (${signed(shadowMl - activeMl, 1)})`

export function changedCallWords({ head, active, shadow }: ShadowCase['calls'][number]): string {
  const words = (call: string | undefined) => (call === undefined ? BUNDLES.noCall : className(head, call))
  return `${SHORT_HEAD_NAMES[head]}: ${words(active)} → ${words(shadow)}`
}

/** "12.3 → 4.5 s" */
export const secondsWords = ({ active, shadow }: ShadowCase['seconds']) =>
  active === undefined && shadow === undefined
    ? BUNDLES.nothing
    : `${active?.toFixed(1) ?? BUNDLES.nothing} → ${shadow?.toFixed(1) ?? BUNDLES.nothing} s`
