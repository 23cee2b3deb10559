// The label codes of the BraTS challenges, as an expert's outline states them, and what they are in a bundle; pure.
import { AppError } from '../domain/errors.ts'
import type { LabelVolume, Volume } from '../domain/volume.ts'
import type { BundleManifest } from '../inference/bundle/manifest.ts'

/** BraTS codes (1 necrotic core, 2 oedema, 4 or, since 2023, 3 enhancing) to the indices of the bundle's labels. */
export function bratsLabels(
  { grid, data }: Volume<Float32Array>,
  labels: BundleManifest['labels'],
  name: string,
): LabelVolume {
  const indexOf = (key: string) => {
    const label = labels.find((one) => one.key === key)
    if (!label) throw new AppError('BUNDLE_INVALID', `the bundle has no label ${key}, which the expert labels use`)
    return label.index
  }
  const enhancing = indexOf('ET')
  const codes = new Map([
    [0, 0],
    [1, indexOf('NCR')],
    [2, indexOf('ED')],
    [3, enhancing],
    [4, enhancing],
  ])
  const out = new Uint8Array(data.length)
  for (let v = 0; v < data.length; v++) {
    const index = codes.get(data[v]!)
    if (index === undefined)
      throw new AppError('INSTANCE_INVALID', `${name}: label ${data[v]} is none of 0, 1, 2, 3, 4`)
    out[v] = index
  }
  return { grid, data: out }
}
