// What the 3D view's page hands to its script in the browser.
import type { ImageName, ShownSegment, Window } from '../domain/shown-images.ts'
import type { VOLUME_VIEW } from '../wording/viewer.ts'

/** The data in the page for the browser's module. */
export interface VolumeData {
  /** Where the volumes are: `<base>/volumes/T1c.nii.gz`. */
  base: string
  /** Address of NiiVue. */
  library: string
  images: { name: ImageName; title: string; window: Window; labels?: 'labels' | 'prior-labels' }[]
  segments: ShownSegment[]
  /** Where the tumour is largest: mm in RAS, as NIfTI has them. */
  start: [number, number, number]
  words: Pick<typeof VOLUME_VIEW, 'loading' | 'lost' | 'shows'>
}
