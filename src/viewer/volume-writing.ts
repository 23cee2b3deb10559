// Writing kept volumes (IO): all of an analysis into its folder, and labels that a reviewer has redrawn.
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImagesToKeep, KeptVolume } from '../domain/ports/image-spool.ts'
import type { ImageName, ShownImage } from '../domain/shown-images.ts'
import type { LabelVolume, Volume } from '../domain/volume.ts'
import { type Packed, packBricks } from './bricks.ts'
import { MANIFEST_FILE } from './kept-volumes.ts'
import type { Manifest } from './manifest.ts'
import type { Pack } from './packer.ts'
import { placesOf } from './places.ts'
import { scaleOf, toStored } from './stored-values.ts'
import { upright, uprightGrid } from './upright.ts'

/** Writes all volumes into the folder; returns the manifest that says what they are. */
export async function writeVolumes(
  folder: string,
  { images, labels, segments, prior }: ImagesToKeep,
  keptAt: string,
  pack: Pack,
): Promise<Manifest> {
  const volumes: Manifest['volumes'] = {}
  const keep = async (name: KeptVolume, { index, chunks }: Packed) => {
    await writeFile(join(folder, name), chunks, { flush: true })
    volumes[name] = index
  }
  const keepImage = async (name: ImageName, image: Volume<Float32Array>) => {
    const scale = scaleOf(image)
    await keep(name, await pack({ grid: image.grid, data: toStored(image.data, scale) }))
    return scale
  }
  const keepLabels = async (name: 'labels' | 'prior-labels', volume: LabelVolume) => {
    const turned = upright(volume)
    await keep(name, await packBricks(turned.data, turned.grid.size))
    return turned
  }
  const shown: ShownImage[] = []
  for (const { sequence, image } of images)
    shown.push({ name: sequence, sequence, isPrior: false, ...(await keepImage(sequence, image)) })
  for (const { sequence, image } of prior?.images ?? []) {
    const name: ImageName = `prior-${sequence}`
    shown.push({ name, sequence, isPrior: true, ...(await keepImage(name, image)) })
  }
  const places = placesOf(await keepLabels('labels', labels), segments)
  if (prior?.labels) await keepLabels('prior-labels', prior.labels)
  return {
    version: 1,
    volumes,
    shown: {
      grid: uprightGrid(labels.grid),
      images: shown,
      segments: [...segments],
      ...places,
      ...(prior && {
        prior: { analysisId: prior.analysisId, studyDate: prior.studyDate, hasLabels: prior.labels !== undefined },
      }),
      keptAt,
    },
  }
}

/** Replaces the labels of the last redrawing. A new file each time, so that anyone reading the old one meanwhile reads all of it. */
export async function redrawLabels(folder: string, kept: Manifest, labels: LabelVolume, at: Date): Promise<void> {
  const turned = upright(labels)
  const { index, chunks } = await packBricks(turned.data, turned.grid.size)
  const file = `redrawn-labels-${at.getTime()}`
  await writeFile(join(folder, file), chunks, { flush: true })
  const shown = { ...kept.shown, ...placesOf(turned, kept.shown.segments), isRedrawn: true as const }
  const next: Manifest = { ...kept, shown, redrawn: file, volumes: { ...kept.volumes, 'redrawn-labels': index } }
  const manifest = join(folder, MANIFEST_FILE)
  await writeFile(`${manifest}.part`, JSON.stringify(next), { flush: true })
  await rename(`${manifest}.part`, manifest)
  if (kept.redrawn) await rm(join(folder, kept.redrawn), { force: true })
}
