// Whether the bundle is intended for this patient: decided once, before anything is computed, and stated alike in every output.
import { texts } from '../dicom/dataset.ts'
import { AppError } from '../domain/errors.ts'
import type { QualityNote } from '../domain/finding.ts'
import type { PatientIdentity, Study, StudyIdentity } from '../domain/study.ts'
import type { Bundle } from '../inference/bundle/manifest.ts'
import { ageOf, mayBeYounger } from '../inference/heads/clinical.ts'
import { remark } from '../wording/remarks.ts'

/** What a site wants for a study outside the intended use: a person is asked, or every output says so. */
export type OutsideIntendedUse = 'hold' | 'state'

export interface IntendedUseInput {
  study: Study
  patient: Pick<PatientIdentity, 'patientBirthDate'>
  identity: Pick<StudyIdentity, 'studyDate'>
  bundle: Pick<Bundle, 'name' | 'intended_use' | 'intended_population'>
  outside: OutsideIntendedUse
}

/** Notes for the result. Throws OUTSIDE_INTENDED_USE, which names the limit and the intended use, never the patient's age. */
export function checkIntendedUse({ study, patient, identity, bundle, outside }: IntendedUseInput): QualityNote[] {
  const least = bundle.intended_population?.min_age_years
  if (least === undefined) return []
  const instances = study.series.flatMap((series) => series.instances)
  const patientAges = instances.flatMap(({ metadata }) => texts(metadata, 'PatientAge'))
  const stated = { patient, studyDate: identity.studyDate, patientAges }
  const { age } = ageOf(stated)
  const meant = `${bundle.name} is meant for patients of at least ${least} years`
  if (age === undefined) {
    if (outside === 'hold' && mayBeYounger(least, stated))
      throw new AppError(
        'OUTSIDE_INTENDED_USE',
        `the patient may be younger, by one of PatientBirthDate and PatientAge, which contradict each other: ${meant}`,
      )
    return [
      { code: 'age-unknown', severity: 'warning', ...remark('age-unknown', { bundle: bundle.name, years: least }) },
    ]
  }
  if (age >= least) return []
  const intended = bundle.intended_use.replace(/\.$/, '')
  if (outside === 'hold')
    throw new AppError('OUTSIDE_INTENDED_USE', `the patient is younger: ${meant}. Its intended use: ${intended}`)
  const said = remark('outside-intended-use', { bundle: bundle.name, years: least })
  return [{ code: 'outside-intended-use', severity: 'warning', ...said }]
}
