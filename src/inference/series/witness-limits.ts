// The numbers by which the pixels of a series are judged, each with its unit and its source.
import type { Limit } from '../../domain/limit.ts'

export const WITNESS_LIMITS = {
  /** Voxel size of the grid on which sequences are compared. */
  voxel: {
    value: 3,
    unit: 'mm',
    source: 'chosen: half the thickness of a thick slice; cortex and white matter can still be told apart',
  },
  /** Depth below the surface of the head from which there is brain, or the interior of a skull-stripped brain. */
  depth: {
    value: 25,
    unit: 'mm',
    source: 'chosen: more than the thickness of scalp, skull and the fluid below them, with room to spare',
  },
  /** Distance from the top of the head down to the base of the skull. */
  height: { value: 105, unit: 'mm', source: 'chosen: the distance from vertex to skull base in small heads' },
  /** Quantile of the values above zero that represents bright tissue. */
  tissueQuantile: {
    value: 0.99,
    unit: '1',
    source: 'chosen: spikes and vessels make up less than the remaining hundredth',
  },
  /** Share of that quantile above which a voxel is tissue. */
  tissue: { value: 0.1, unit: '1', source: 'chosen: above the noise in air, below the darkest fluid within the head' },
  /** Standard deviation of the Gaussian that models the sensitivity of the coil. */
  shading: {
    value: 15,
    unit: 'mm',
    source:
      'measured: npm run field -- --pixels on the cases named in pixel-model.json; with 30 mm fewer of them are identified',
  },
  /** Distance over which gaps in the head's outline (dark skull, noise) are closed. */
  closedGaps: { value: 6, unit: 'mm', source: 'chosen: the thickness of the skull, which gives no signal' },
  /** Standard deviation of the Gaussian whose subtraction removes structures wider than gyri. */
  gyrus: { value: 8, unit: 'mm', source: 'chosen: the width of a gyrus together with its sulcus' },
  /** As shares of the voxels within the head: the smoothest, which are white matter; the extremes left out; the extremes examined. */
  smoothest: { value: 0.15, unit: '1', source: 'chosen: a third of the share that white matter has in a head' },
  leftOut: { value: 0.05, unit: '1', source: 'chosen: about the share of fluid and vessels within the head' },
  extreme: {
    value: 0.04,
    unit: '1',
    source: 'chosen: less than the share of fluid within the head, so that each tail is one tissue',
  },
  tail: { value: 0.02, unit: '1', source: 'chosen: less than the share of fluid within the head' },
  /** The same for structures finer than a gyrus. */
  fineTail: {
    value: 0.03,
    unit: '1',
    source: 'chosen: more than `tail`, since sulci and vessels are finer than ventricles',
  },
  /** Smallest volume within the head that is enough to judge by. */
  inside: { value: 40, unit: 'mL', source: 'chosen: a fifth of the smallest case named in pixel-model.json' },
  /** Number of intensity steps in which one T1 image is predicted from the other. */
  intensityBins: {
    value: 32,
    unit: '1',
    source: 'chosen: leaves about 45 voxels per step in the smallest head that is judged, enough for a median',
  },
  /** Share of voxels that make up the tail of bright spots. */
  brightTail: {
    value: 0.005,
    unit: '1',
    source: 'chosen: half of the hundredth that vessels and plexus take up in the region examined',
  },
  /** Number of images from which they support each other. */
  manyImages: { value: 3, unit: '1', source: 'chosen: three images form three pairs, two images only one' },
  /** How much likelier one reading of three or more images must be than the next (difference of log-likelihoods). */
  lead: {
    value: 1,
    unit: '1',
    source:
      'measured: npm run field -- --pixels; with each case left out of the fit in turn, no case of three or more images is read wrongly',
  },
  /** The same for one or two images, which support each other less. */
  leadOfFew: {
    value: 4.5,
    unit: '1',
    source:
      'measured: npm run field -- --pixels; with each case left out of the fit in turn, none of its images, alone or in pairs, is read wrongly by a larger lead',
  },
  /** Depth below the top of the head that stays above the fat of orbits and skull base, which is bright unless suppressed. */
  vessels: {
    value: 70,
    unit: 'mm',
    source:
      'measured: npm run field -- --pixels; with 105 mm, five heads with fat suppression after contrast were read wrongly',
  },
  /** Bright tail (in interquartile ranges) by which the image with contrast agent must exceed the other if the headers say nothing. */
  enhanced: {
    value: 0.8,
    unit: '1',
    source: 'measured: npm run field -- --pixels; 42 pairs of heads and stripped brains reached at least 0.95',
  },
  /** If the difference is more than this below zero, the two images were mistaken for each other. */
  opposite: {
    value: 0.5,
    unit: '1',
    source: 'chosen: far from the 0.95 that correct pairs reached, and from the -0.95 of exchanged ones',
  },
  /** Squared Mahalanobis distance beyond which an image belongs to none of the known kinds. */
  strange: {
    value: 25,
    unit: '1',
    source: 'chosen: exceeded once in 60 000 times by three measures of an image of that kind (chi-squared)',
  },
} as const satisfies Record<string, Limit>
