// Volumes of the segments and regions that a bundle declares.
import type { Measurement, Segment } from '../../domain/finding.ts'
import { type LabelVolume, voxelMillilitres } from '../../domain/volume.ts'
import type { BundleManifest } from '../bundle/manifest.ts'

export const REGION_NAMES: Readonly<Record<string, string>> = {
  WT: 'whole tumour',
  TC: 'tumour core',
  ET: 'enhancing tumour',
}

/**
 * Every declared label as a segment, present or not, and volumes in mL: the regions in the bundle's order, then the labels not
 * already covered by a region with the same key.
 */
export function measure(
  labels: LabelVolume,
  bundle: Pick<BundleManifest, 'labels' | 'regions'>,
): { segments: Segment[]; measurements: Measurement[] } {
  const counts = new Float64Array(256)
  for (const label of labels.data) counts[label]!++
  const millilitres = voxelMillilitres(labels.grid)
  const segments = bundle.labels.map(
    ({ index, key, name }): Segment => ({ label: index, key, name, voxelCount: counts[index]! }),
  )
  const volume = (region: string, name: string, members: readonly number[]): Measurement => {
    const voxels = members.reduce((sum, label) => sum + counts[label]!, 0)
    const declared = members.filter((label) => segments.some((segment) => segment.label === label))
    return { region, name, quantity: 'volume', value: voxels * millilitres, unit: 'mL', labels: declared }
  }
  const measurements = [
    ...Object.entries(bundle.regions).map(([key, members]) =>
      volume(key, REGION_NAMES[key] ?? regionName(key, members, segments), members),
    ),
    ...segments.filter(({ key }) => !(key in bundle.regions)).map(({ key, name, label }) => volume(key, name, [label])),
  ]
  return { segments, measurements }
}

function regionName(key: string, members: readonly number[], segments: readonly Segment[]): string {
  const names = segments.filter((segment) => members.includes(segment.label)).map((segment) => segment.name)
  return names.length > 0 ? names.join(' + ') : key
}
