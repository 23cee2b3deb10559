// What the study page requests from the spool: slices as pictures and outlines; access to a patient's images is audited.
import { paintStrokes, type Stroke } from '../domain/brush.ts'
import { AppError } from '../domain/errors.ts'
import { createOncePer } from '../domain/once-per.ts'
import type { AuditTrail } from '../domain/ports/audit-trail.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ImageSpool } from '../domain/ports/image-spool.ts'
import type { ImageName, Plane, ShownImages, SliceOutline, Window } from '../domain/shown-images.ts'
import type { Uid } from '../domain/study.ts'
import { niftiFile } from './nifti-file.ts'
import { asShown, drawSlices, outlinesOn } from './pictures.ts'
import { planeView } from './planes.ts'

export interface Looked {
  analysisId: string
  studyInstanceUid: Uid
  /** The person who signed in to the pages, if known. */
  user?: { identifier: string; name: string }
}

export interface ShownImagesReader {
  describe(analysisId: string): Promise<ShownImages | undefined>
  /** PNG with the images stacked. Throws NOT_FOUND. */
  picture(
    looked: Looked,
    slice: { plane: Plane; index: number; images: readonly { name: ImageName; window: Window }[] },
  ): Promise<Uint8Array>
  /** A whole volume as .nii.gz, for the 3D view: an image by its stored values, or the labels as they stand now. Throws NOT_FOUND. */
  volume(looked: Looked, name: ImageName | 'labels' | 'prior-labels'): Promise<Uint8Array<ArrayBuffer>>
  /** The current outlines; with `strokes`, as they would be if a review applied these to the software's outlines. */
  outlines(looked: Looked, slice: { plane: Plane; index: number; strokes?: readonly Stroke[] }): Promise<SliceOutline[]>
}

export function createShownImages({
  spool,
  audit,
  clock,
}: {
  spool: ImageSpool
  audit: AuditTrail
  clock: Clock
}): ShownImagesReader {
  const oncePer = createOncePer(clock)

  /** Nothing is shown that could not be recorded. */
  const record = ({ analysisId, studyInstanceUid, user }: Looked) =>
    oncePer(JSON.stringify([analysisId, user?.identifier]), () =>
      audit.record({
        action: 'read',
        target: 'spool',
        interaction: 'access',
        studyInstanceUid,
        what: `images of analysis ${analysisId}`,
        outcome: 'success',
        ...(user && { user }),
      }),
    )

  const viewOf = async (analysisId: string, plane: Plane, index: number) => {
    const shown = await spool.describe(analysisId)
    if (!shown) throw new AppError('NOT_FOUND', `no images of analysis ${analysisId} are kept`)
    const view = planeView(shown.grid, plane)
    if (index >= view.count) throw new AppError('NOT_FOUND', `the ${plane} plane has ${view.count} slices`)
    return { shown, view }
  }

  return {
    describe: (analysisId) => spool.describe(analysisId),
    async picture(looked, { plane, index, images }) {
      const { analysisId } = looked
      const { view } = await viewOf(analysisId, plane, index)
      await record(looked)
      const slices = await Promise.all(
        images.map(async ({ name, window }) => ({
          values: asShown(await spool.plane(analysisId, name, view.axes[2], index), view),
          window,
        })),
      )
      return drawSlices(slices, view)
    },
    async volume(looked, name) {
      const { analysisId } = looked
      const shown = await spool.describe(analysisId)
      if (!shown) throw new AppError('NOT_FOUND', `no images of analysis ${analysisId} are kept`)
      await record(looked)
      const kept = name === 'labels' && shown.isRedrawn ? 'redrawn-labels' : name
      return niftiFile(shown.grid, await spool.volume(analysisId, kept), kept.endsWith('labels') ? 'uint8' : 'int16')
    },
    async outlines(looked, { plane, index, strokes }) {
      const { analysisId } = looked
      const { shown, view } = await viewOf(analysisId, plane, index)
      await record(looked)
      // Each review states its strokes anew, relative to what the software found.
      const own = shown.isRedrawn && !strokes ? 'redrawn-labels' : 'labels'
      const volumes = [own, ...(shown.prior?.hasLabels ? (['prior-labels'] as const) : [])] as const
      const perVolume = await Promise.all(
        volumes.map(async (volume) => {
          const labels = await spool.plane(analysisId, volume, view.axes[2], index)
          const isPrior = volume === 'prior-labels'
          const [u, v, across] = view.axes
          if (strokes && !isPrior)
            paintStrokes(
              shown.grid,
              strokes,
              (voxel, label) => {
                labels[voxel[u] + view.width * voxel[v]] = label
              },
              { axis: across, index },
            )
          return outlinesOn(asShown(labels, view), view, isPrior)
        }),
      )
      return perVolume.flat()
    },
  }
}
