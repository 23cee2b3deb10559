// Wording of the images on the study page. WORDS is sent to the browser with the page.
import type { Plane } from '../domain/shown-images.ts'

export const PLANE_NAMES: Readonly<Record<Plane, string>> = { axial: 'Axial', coronal: 'Coronal', sagittal: 'Sagittal' }

export const VIEWER = {
  title: 'Images',
  toolbar: 'Image tools',
  plane: 'Plane',
  panels: 'Images: arrow keys scroll, question mark lists all keys',
  slice: 'Slice',
  tool: 'Mouse',
  point: 'Point',
  window: 'Window',
  measure: 'Measure',
  draw: 'Brush',
  planes: '3 planes',
  brush: 'Brush',
  erase: 'Erase',
  ball: 'Ball',
  ballHint: 'Paints a ball through the slices; otherwise a disc on this slice',
  size: 'Brush width, mm',
  undo: 'Undo',
  toDecision: 'To the decision',
  outlines: 'Outlines',
  fills: 'Fill',
  opacity: 'Fill opacity',
  crosshair: 'Crosshair',
  prior: 'Prior',
  check: 'Alignment',
  reset: 'Reset',
  keys: 'Keys',
  skip: 'Skip to the images',
  gone: 'The images of this analysis are no longer kept here; open them in the hospital’s viewer.',
  noScript:
    'Scrolling needs JavaScript. This is the axial slice on which the tumour is largest; the patient’s right is on the left.',
  caution:
    'Aligned copies for review, resampled to one series’ grid. Diagnose on the original images. Outlines are the software’s.',
} as const

/** The 3D view; `shows`, `loading` and `lost` are sent to the browser. */
export const VOLUME_VIEW = {
  button: '3D',
  title: 'Images in 3D and in free planes',
  toolbar: 'Tools of the 3D view',
  image: 'Image',
  prior: 'prior',
  layout: 'Layout',
  render: '3D',
  planes: '3 planes and 3D',
  head: 'Head',
  labels: 'Tumour',
  plane: 'Cut',
  depth: 'Cut, depth',
  azimuth: 'around',
  elevation: 'up and down',
  reset: 'Reset',
  canvas: 'Head in 3D: drag to turn it, turn the wheel to zoom',
  loading: 'Loading …',
  lost: 'The server did not deliver these images. Close the 3D view and open it again.',
  shows: '{image}, patient’s right on the left',
} as const

export const WORDS = {
  slice: '{plane} {n} of {count}',
  prior: 'prior {date}',
  against: 'every other square: {other}',
  window: 'C {centre}  W {width}',
  shows: '{sequence}, {plane} slice {n} of {count}; outlined: {segments}',
  nothing: 'nothing',
  measured: '{mm} mm',
  lost: 'The server did not deliver this slice; it will be requested again at the next step.',
  gone: VIEWER.gone,
} as const

/** For the brush; sent to the browser too. */
export const BRUSH_WORDS = {
  size: '{mm} mm',
  one: '1 stroke in the decision below',
  some: '{n} strokes in the decision below',
  full: 'A review cannot hold any more; the stroke was left out.',
} as const

/** Keys and what they do, in the order in which they are listed. */
export const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['↑ ↓, wheel', 'one slice'],
  ['Page Up, Page Down', 'ten slices'],
  ['Home, End', 'first, last slice'],
  ['A, C, S', 'axial, coronal, sagittal'],
  ['O', 'outlines on and off'],
  ['F', 'fill on and off'],
  ['[ ]', 'less, more opacity'],
  ['X', 'crosshair'],
  ['P', 'prior beside current'],
  ['K', 'check alignment: alternate squares of two sequences'],
  ['B, held', 'the other sequence in every panel'],
  ['1 to 4, 0', 'one sequence large, all again'],
  ['W, E, M, D', 'mouse: window, point, measure, brush'],
  ['V', 'three planes of one sequence'],
  ['← →, with Shift ↑ ↓', 'window centre; window width'],
  ['+ −', 'zoom'],
  ['T', 'largest tumour slice'],
  ['R', 'reset'],
]

/** Further keys while the brush is selected. */
export const BRUSH_KEYS: typeof KEYS = [
  ['Brush: arrows', 'move it, with Shift five voxels'],
  ['Brush: Space', 'paint; held while moving, a line'],
  ['Brush: Page Up, Page Down', 'one slice'],
  ['Brush: L, G', 'next label, erase'],
  ['Brush: H', 'disc or ball'],
  ['Brush: , .', 'smaller, larger'],
  ['Brush: Z', 'undo'],
]

export const SHOW_IN_IMAGES = 'Show in the images'
export const DIAMETERS = 'Enhancing lesions, longest diameter on an axial plane and at right angles to it (RANO):'
export const TOO_SMALL = '(too small to follow)'
