// The numbers by which the pixels of a series are judged, each with its unit and its source.
import type { Limit } from '../../domain/limit.ts'

export const WITNESS_LIMITS = {
  /** Voxel size of the grid on which sequences are compared. */
  voxel: { value: 3, unit: 'mm', source: 'chosen: half of a thick slice, and cortex still differs from white matter' },
  /** Depth below the surface of the head from which there is brain, or the interior of a skull-stripped brain. */
  depth: {
    value: 25,
    unit: 'mm',
    source: 'chosen: scalp, skull and the fluid below them are thinner, with room to spare',
  },
  /** Distance from the top of the head down to the base of the skull. */
  height: { value: 105, unit: 'mm', source: 'chosen: from the vertex to the base of the skull in small heads' },
  /** Quantile of the values above zero that represents bright tissue. */
  tissueQuantile: { value: 0.99, unit: '1', source: 'chosen: spikes and vessels are fewer' },
  /** Share of that quantile above which a voxel is tissue. */
  tissue: { value: 0.1, unit: '1', source: 'chosen: above noise in air, below the darkest fluid within the head' },
  /** Standard deviation of the Gaussian that models the sensitivity of the coil. */
  shading: {
    value: 15,
    unit: 'mm',
    source: 'measured: npm run field -- --pixels on the cases named in pixel-model.json; 30 mm tells fewer of them',
  },
  /** Distance over which gaps in the head's outline (dark skull, noise) are closed. */
  closedGaps: { value: 6, unit: 'mm', source: 'chosen: the thickness of the skull that shows no signal' },
  /** Standard deviation of the Gaussian whose subtraction removes structures wider than gyri. */
  gyrus: { value: 8, unit: 'mm', source: 'chosen: the width of a gyrus with its sulcus' },
  /** As shares of the voxels within the head: the smoothest, which are white matter; the extremes left out; the extremes examined. */
  smoothest: { value: 0.15, unit: '1', source: 'chosen: a third of the share of white matter in a head' },
  leftOut: { value: 0.05, unit: '1', source: 'chosen: fluid and vessels within the head are about as much' },
  extreme: {
    value: 0.04,
    unit: '1',
    source: 'chosen: less than the fluid within the head, so that both tails are of one tissue',
  },
  tail: { value: 0.02, unit: '1', source: 'chosen: less than the fluid within the head' },
  /** The same for structures finer than a gyrus. */
  fineTail: {
    value: 0.03,
    unit: '1',
    source: 'chosen: more than the tail, since sulci and vessels are finer than ventricles',
  },
  /** Smallest volume within the head that is enough to judge by. */
  inside: { value: 40, unit: 'mL', source: 'chosen: a fifth of the smallest of the cases named in pixel-model.json' },
  /** Number of intensity steps in which one T1 image is predicted from the other. */
  intensityBins: {
    value: 32,
    unit: '1',
    source: 'chosen: some 45 voxels in each within the smallest head that is judged, enough for a median',
  },
  /** Share of voxels that make up the tail of bright spots. */
  brightTail: {
    value: 0.005,
    unit: '1',
    source: 'chosen: vessels and plexus take up about a hundredth of what is looked at',
  },
  /** Number of images from which they support each other. */
  manyImages: { value: 3, unit: '1', source: 'chosen: three images make three pairs, two make one' },
  /** How much likelier one reading of three or more images must be than the next (difference of log-likelihoods). */
  lead: {
    value: 1,
    unit: '1',
    source:
      'measured: npm run field -- --pixels; with each case left out of the fit none of three images or more is read wrongly',
  },
  /** The same for one or two images, which support each other less. */
  leadOfFew: {
    value: 4.5,
    unit: '1',
    source:
      'measured: npm run field -- --pixels; with each case left out of the fit no two of its images are read wrongly with more',
  },
  /** Depth below the top of the head that stays above the fat of orbits and skull base, which is bright unless suppressed. */
  vessels: {
    value: 70,
    unit: 'mm',
    source:
      'measured: npm run field -- --pixels; at 105 mm five heads with fat suppression after contrast were read wrongly',
  },
  /** Bright tail (in interquartile ranges) by which the image with contrast agent must exceed the other if the headers say nothing. */
  enhanced: {
    value: 0.8,
    unit: '1',
    source: 'measured: npm run field -- --pixels; 42 pairs of heads and stripped brains came to 0.95 at least',
  },
  /** If the difference is more than this below zero, the two images were mistaken for each other. */
  opposite: {
    value: 0.5,
    unit: '1',
    source: 'chosen: far from the 0.95 that right pairs came to, and from the -0.95 of exchanged ones',
  },
  /** Squared Mahalanobis distance beyond which an image belongs to none of the known kinds. */
  strange: {
    value: 25,
    unit: '1',
    source: 'chosen: three measures of a known kind pass it once in 60 000 times (chi-squared)',
  },
} as const satisfies Record<string, Limit>
