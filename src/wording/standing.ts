// What a reader must know before reading the numbers: who reviewed them, what a prediction from images is, what "no finding" means.

export const NOT_REVIEWED_NOTICE =
  'Made by software (AI); no clinician has reviewed it yet. For research use; not for clinical decisions without review by a qualified clinician.'
export const REPLACED_NOTICE =
  'Withdrawn: a later analysis of this study, with more of its images or another model, has replaced this one. Do not use.'
export const NOT_A_TISSUE_TEST_NOTICE =
  'Predicted markers, grade and survival come from images: they are not a tissue test and do not replace histology or molecular testing.'
export const NO_FINDING =
  'No tumour was segmented above the detection limit of this bundle. This does not exclude a tumour: small, faint or atypical lesions are missed.'
