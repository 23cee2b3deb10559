// Grids of other sequences over the tumour of the tests, and the movement of the patient between them and the reference.
import type { Grid } from '../../src/domain/volume.ts'
import { rigidFromEuler } from '../../src/inference/volumes/rigid.ts'
import { direction } from '../dicom/support.ts'

/** Few thick slices, turned a little; frames of an odd number of pixels. */
export const THICK: Grid = {
  size: [27, 31, 5],
  spacing: [1.4, 1.1, 6.5],
  origin: [-36, 9, -38],
  direction: direction(11, -19, 7),
}

/** Rows run from front to back, columns from head to foot. */
export const SAGITTAL: Grid = {
  size: [44, 43, 16],
  spacing: [1, 1, 2.5],
  origin: [8, 6, -12],
  direction: [0, 0, -1, 1, 0, 0, 0, -1, 0],
}

/** From the reference to the other sequences: a nod, a turn, and a shift in mm. */
export const MOVED = rigidFromEuler([0.05, -0.03, 0.08], [2.5, -1.75, 3.25], [0, 20, -25])
