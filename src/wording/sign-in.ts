// Words of the pages on which people come and go.
export const SIGN_IN = {
  title: 'Sign in',
  oidc: 'Sign in with the hospital account',
  ehr: (name: string) => `Choose a patient in ${name}`,
  ehrHint: 'Or open these pages from the chart of the patient.',
  or: 'or',
  name: 'User name',
  password: 'Password',
  enter: 'Sign in',
  out: 'Sign out',
  said: {
    wrong: 'User name or password is wrong, or the account is locked for now after several attempts.',
    out: 'You are signed out here. At the hospital account or in the EHR you may still be signed in.',
    ended: 'Your session has ended. Please sign in again.',
  },
  unreviewed: 'to review',
} as const

export const PATIENT_PAGE = {
  title: 'This patient',
  none: 'There is no result for this patient. A study is analysed by itself once it is in the archive; nothing has to be done here.',
  several: (count: number) => `${count} analyses of this patient, newest first`,
  imaging: (date: string) => `Imaging of ${date}`,
  noDate: 'Imaging without a date',
} as const
