// The numbers that decide on lesions and their change, each with its unit and its source.
import { MEASURABLE_MM } from '../../domain/finding.ts'
import type { Limit } from '../../domain/limit.ts'

const RANO = 'Wen et al., J Clin Oncol 2010;28:1963-1972 (RANO)'
const RANO_2 = 'Wen et al., J Clin Oncol 2023;41:5187-5199 (RANO 2.0)'

export const LESION_LIMITS = {
  /** Minimum of both diameters of a measurable lesion. */
  measurable: { value: MEASURABLE_MM, unit: 'mm', source: RANO_2 },
  /** Maximum number of lesions to follow. */
  targets: { value: 3, unit: '1', source: RANO_2 },
  /** Change of the sum of products at or above which it is progression. */
  progression: { value: 0.25, unit: '1', source: RANO },
  /** Change of the sum of products at or below which it is response. */
  response: { value: -0.5, unit: '1', source: RANO },
  /** By how much both diameters of a lesion that was too small must grow to count as progression. */
  grown: { value: 5, unit: 'mm', source: RANO_2 },
  /** Converts a share of a volume into one of a product of diameters. */
  volumeToProduct: {
    value: 2 / 3,
    unit: '1',
    source:
      'chosen: if a shape only changes in size, its volume grows with the cube of a length and the product with its square',
  },
  /** Two lesions are the same if they have this share of the smaller one in common. */
  shared: {
    value: 0.1,
    unit: '1',
    source:
      'chosen: small enough to match a lesion that shrank to a tenth, large enough to ignore rims that merely touch',
  },
  /** Lesions without overlap are still the same if neither has another match and their centres are no farther apart than this. */
  near: {
    value: 10,
    unit: 'mm',
    source: 'chosen: the measurable size, which allows for residual error of registration and for brain shift',
  },
  /** Maximum mean distance that may remain after registration there and back. */
  residual: { value: 2, unit: 'mm', source: 'chosen: one voxel of the grid used for registration' },
  /** Maximum share of a tumour that may lie outside the other study's field of view. */
  outside: {
    value: 0.05,
    unit: '1',
    source: 'chosen: a twentieth, small compared with the difference between two outlines of one tumour',
  },
  /** Half the edge of the cube about the middle of the image on which the residual is measured. */
  reach: {
    value: 60,
    unit: 'mm',
    source: 'chosen: the corners of the cube lie within an adult brain of 130 to 180 mm',
  },
  /** How far a tumour must reach across the middle of the brain's box to be called crossing. */
  crossing: {
    value: 5,
    unit: 'mm',
    source: "chosen: in a turned head, the middle of the brain's box is some millimetres off the midline",
  },
  /** If slices are this many times thicker, they do not measure the same volume. */
  thicker: {
    value: 2,
    unit: '1',
    source: 'chosen: in a slice twice as thick, partial volume takes in a neighbour on each side',
  },
} as const satisfies Record<string, Limit>
