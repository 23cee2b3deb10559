// The steps of an analysis.

/** In order; the history and the demo show them by these names, the pages in words. */
export const STEPS = [
  'identify',
  'select',
  'retrieve',
  'prepare',
  'check',
  'segment',
  'measure',
  'compare',
  'predict',
  'encode',
  'keep',
] as const
export type Step = (typeof STEPS)[number]
