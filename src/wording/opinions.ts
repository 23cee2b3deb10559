// Wording of a reviewer's own opinion before the software's predictions.
export const OPINIONS = {
  title: 'Your own opinion first',
  lead: 'The software’s predictions, the report and the decision are shown once you have said what you think yourself. It is kept as it is, and cannot be changed afterwards.',
  choose: 'choose',
  cannotTell: 'cannot be told from the images',
  send: 'Record it and show the predictions',
} as const

/** For the history, which does not say what the opinion was: the next reader forms one too. */
export const opinionStated = (name: string) =>
  `${name} stated an own opinion before the software’s predictions were shown`
