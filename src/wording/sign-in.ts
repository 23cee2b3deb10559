// Wording of the sign-in and sign-out pages.
export const SIGN_IN = {
  title: 'Sign in',
  oidc: 'Sign in with the hospital account',
  ehr: (name: string) => `Choose a patient in ${name}`,
  ehrHint: 'Or open these pages from the patient’s chart.',
  or: 'or',
  name: 'User name',
  password: 'Password',
  enter: 'Sign in',
  out: 'Sign out',
  said: {
    wrong: 'The user name or password is wrong, or the account is locked for now after several attempts.',
    out: 'You are signed out here. You may still be signed in to the hospital account or the EHR.',
    both: 'You are signed out here, and of the hospital account too.',
    ended: 'Your session has ended. Please sign in again.',
  },
  leaving: 'You are signed out here. Signing out of the hospital account …',
  leave: 'Sign out of the hospital account',
  unreviewed: 'to review',
} as const

export const PATIENT_PAGE = {
  title: 'This patient',
  none: 'There is no result for this patient. Studies are analysed automatically once they are in the archive; there is nothing to do here.',
  several: (count: number) => `${count} analyses of this patient, newest first`,
  imaging: (date: string) => `Imaging of ${date}`,
  noDate: 'Imaging without a date',
} as const
