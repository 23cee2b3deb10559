// Readable names of sequences, heads and sexes, the same in every channel.
import type { Head } from '../domain/finding.ts'
import type { Sequence } from '../domain/study.ts'
import { table } from '../domain/table.ts'

/** For use under a heading that says these are predictions from images. */
export const SHORT_HEAD_NAMES: Readonly<Record<Head, string>> = {
  idh: 'IDH',
  '1p19q': '1p/19q',
  mgmt: 'MGMT promoter',
  grade: 'WHO grade',
  survival: 'Survival',
}

/** For codes and for sentences without such a heading. */
export const HEAD_NAMES: Readonly<Record<Head, string>> = {
  idh: 'IDH mutation status',
  '1p19q': '1p/19q codeletion status',
  mgmt: 'MGMT promoter methylation status',
  grade: 'WHO CNS grade',
  survival: 'overall survival',
}

export const SHORT_SEQUENCE_NAMES: Readonly<Record<Sequence, string>> = {
  T1: 'T1',
  T1c: 'T1 post-contrast',
  T2: 'T2',
  FLAIR: 'FLAIR',
  ADC: 'ADC map',
  rCBV: 'rCBV map',
}

export const SEQUENCE_NAMES: Readonly<Record<Sequence, string>> = {
  T1: 'T1-weighted before contrast',
  T1c: 'T1-weighted after contrast',
  T2: 'T2-weighted',
  FLAIR: 'T2-weighted FLAIR',
  ADC: 'Apparent diffusion coefficient',
  rCBV: 'Relative cerebral blood volume',
}

/** PatientSex (PS3.3 C.7.1.1). */
export const SEX_NAMES = table<string>({ M: 'male', F: 'female', O: 'other' })
