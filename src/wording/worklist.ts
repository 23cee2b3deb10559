// Words of the worklist.
export const WORKLIST = {
  title: 'Worklist',
  search: 'Name, patient ID, accession, UID',
  find: 'Find',
  found: (count: number) => (count === 1 ? '1 analysis found.' : `${count} analyses found.`),
  all: 'Show all',
  noMatch: 'No analysis matches.',
  toReview: 'To review',
  nothingToReview: 'Nothing waits for a review.',
  newest: 'Newest first',
  waiting: 'What waits for a person first',
  captionNewest: 'Analyses, newest first',
  captionWaiting: 'Analyses, holds first, then what is to be reviewed, the oldest of each first',
  release: 'Release',
  resolve: 'Resolve',
} as const
