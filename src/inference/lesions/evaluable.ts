// What a result can state when a sequence is missing: regions that need it drop out, and their labels are merged into the one that contains them.
import { type Sequence, STRUCTURAL } from '../../domain/study.ts'
import type { LabelVolume } from '../../domain/volume.ts'
import { type Remark, remark } from '../../wording/remarks.ts'
import type { BundleManifest } from '../bundle/manifest.ts'
import { evaluableRegions } from '../bundle/needs.ts'
import { REGION_NAMES } from './measure.ts'

type Regions = Pick<BundleManifest, 'labels' | 'regions' | 'needs' | 'sequences'>

/** Keys of BraTS labels and regions that only an image after contrast shows: for bundles that do not declare `needs`. */
const NEED_T1C = ['TC', 'ET', 'NCR', 'NETC']

export interface Evaluable {
  labels: LabelVolume
  /** The remaining labels and regions; regions keep the labels that the networks use. */
  bundle: Pick<BundleManifest, 'labels' | 'regions'>
  /** "enhancing tumour: not evaluable: no post-contrast T1.", one per region or label that cannot be stated. */
  withheld: Remark[]
  /** The networks' probabilities of what remains; those of merged labels are added. */
  joined(probabilities: readonly Float32Array[]): Float32Array[]
}

/**
 * Without T1c nobody can say where the core ends, so neither its parts nor what surrounds it are stated: every label of the
 * smallest region that can be stated (whole tumour) becomes one label of that region. Labels in no such region are dropped.
 */
export function evaluableOf(labels: LabelVolume, bundle: Regions, present: readonly Sequence[]): Evaluable {
  const { evaluable, withheld } = evaluableRegions({ ...bundle, needs: bundle.needs ?? defaultNeeds(bundle) }, present)
  if (withheld.length === 0) return { labels, bundle, withheld: [], joined: (given) => [...given] }
  const keys = new Set(withheld.map(({ key }) => key))
  const holders = Object.entries(bundle.regions)
    .filter(([key]) => evaluable.includes(key))
    .sort(([, a], [, b]) => a.length - b.length)
  const lost = bundle.labels.filter(({ key, index }) => keys.has(key) || isInside(index, keys, bundle))
  // Original label → the label that replaces it; 0 if none does.
  const becomes = new Map<number, number>()
  const merged = new Map<string, number>()
  for (const { index } of lost) {
    const [key, members] = holders.find(([, all]) => all.includes(index)) ?? []
    if (key === undefined) becomes.set(index, 0)
    else for (const member of members!) becomes.set(member, merged.get(key) ?? set(merged, key, Math.min(...members!)))
  }
  const remaining = bundle.labels.filter(({ index }) => !becomes.has(index))
  const joint = [...merged].map(([key, index]) => ({ index, key, name: REGION_NAMES[key] ?? key }))
  const stated = new Set([...remaining.map(({ key }) => key), ...holders.map(([key]) => key)])
  const reduced = {
    labels: [...joint, ...remaining].sort((a, b) => a.index - b.index),
    regions: Object.fromEntries(Object.entries(bundle.regions).filter(([key]) => evaluable.includes(key))),
  }
  const missingOf = new Map(withheld.map(({ key, missing }) => [key, missing]))
  const first = withheld[0]!.missing
  const gone = [...Object.keys(bundle.regions), ...bundle.labels.map(({ key }) => key)].filter(
    (key) => !stated.has(key),
  )
  return {
    labels: { grid: labels.grid, data: labels.data.map((label) => becomes.get(label) ?? label) },
    bundle: reduced,
    withheld: [...new Set(gone)].map((key) =>
      remark('region-not-evaluable', {
        key,
        name: nameOf(key, bundle),
        missing: inOrder(missingOf.get(key) ?? first),
      }),
    ),
    joined: (given) =>
      given.map((one, index) =>
        sum(
          one,
          given.filter((_, other) => other !== index && becomes.get(other) === index),
        ),
      ),
  }
}

/** Whether the smallest region that contains the label is withheld: for necrosis, the tumour core. */
function isInside(index: number, withheld: ReadonlySet<string>, { regions }: Regions): boolean {
  const [smallest] = Object.entries(regions)
    .filter(([, members]) => members.includes(index))
    .sort(([, a], [, b]) => a.length - b.length)
  return smallest !== undefined && withheld.has(smallest[0])
}

function sum(first: Float32Array, others: Float32Array[]): Float32Array {
  return others.length === 0 ? first : first.map((value, v) => others.reduce((all, other) => all + other[v]!, value))
}

function set(map: Map<string, number>, key: string, value: number): number {
  map.set(key, value)
  return value
}

function defaultNeeds({ labels, regions, sequences }: Regions): Record<string, Sequence[]> | undefined {
  if (!sequences.T1c) return undefined
  const keys = [...Object.keys(regions), ...labels.map(({ key }) => key)].filter((key) => NEED_T1C.includes(key))
  return Object.fromEntries(keys.map((key) => [key, ['T1c']]))
}

function nameOf(key: string, { labels }: Regions): string {
  return REGION_NAMES[key] ?? labels.find((label) => label.key === key)?.name ?? key
}

function inOrder(missing: readonly Sequence[]): Sequence[] {
  return [...STRUCTURAL, ...missing].filter((one, n, all) => missing.includes(one) && all.indexOf(one) === n)
}
