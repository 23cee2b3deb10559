// Clinical features: age and sex from the images' headers (PS3.3 C.7.1.1, C.7.2.2), resection and Karnofsky score from the EHR.

import { dayOf } from '../../domain/dicom-date.ts'
import { DAY_MS } from '../../domain/durations.ts'
import type { ClinicalFacts, QualityNote } from '../../domain/finding.ts'
import type { PatientIdentity } from '../../domain/study.ts'
import { remark } from '../../wording/remarks.ts'
import type { Features } from './feature-values.ts'

export const CLINICAL_FEATURES: readonly string[] = [
  'age_years',
  'sex_male',
  'resection_gtr',
  'resection_subtotal',
  'kps',
]

export interface ClinicalInput {
  patient: Pick<PatientIdentity, 'patientBirthDate' | 'patientSex'>
  /** DICOM DA */
  studyDate: string
  /** PatientAge (AS) from every instance that states one. */
  patientAges: readonly string[]
  /** From the EHR, if known. */
  facts?: ClinicalFacts | undefined
}

/** Stated and computed age may differ by rounding and a birthday, no more. */
const AGE_TOLERANCE_YEARS = 1.5
const DAYS_PER_YEAR = 365.25
/** Beyond this age a birth date is a placeholder, such as 1900-01-01. */
const OLDEST_YEARS = 120

/** NaN if a fact is unknown, contradicted by another, or impossible; a contradiction about the age adds a note. */
export function clinicalFeatures({ patient, studyDate, patientAges, facts = {} }: ClinicalInput): {
  features: Features
  quality: QualityNote[]
} {
  const { age, contradicts } = ageOf({ patient, studyDate, patientAges })
  const { resection, karnofsky } = facts
  const sex = patient.patientSex
  return {
    features: {
      age_years: age ?? Number.NaN,
      sex_male: sex === 'M' ? 1 : sex === 'F' ? 0 : Number.NaN,
      resection_gtr: resection === undefined ? Number.NaN : Number(resection === 'gross-total'),
      resection_subtotal: resection === undefined ? Number.NaN : Number(resection === 'subtotal'),
      kps: karnofsky !== undefined && karnofsky >= 0 && karnofsky <= 100 ? karnofsky : Number.NaN,
    },
    quality: contradicts ? [{ code: 'age-contradiction', severity: 'warning', ...remark('age-contradiction') }] : [],
  }
}

/** Age in years on the day of the study; absent if it is not stated, impossible, or stated in two ways that differ. */
export function ageOf({
  patient,
  studyDate,
  patientAges,
}: Pick<ClinicalInput, 'studyDate' | 'patientAges'> & { patient: Pick<PatientIdentity, 'patientBirthDate'> }): {
  age?: number
  contradicts: boolean
} {
  const computed = yearsBetween(patient.patientBirthDate, studyDate)
  const stated = commonAge(patientAges)
  const contradicts =
    computed !== undefined && stated !== undefined && Math.abs(computed - stated) > AGE_TOLERANCE_YEARS
  const age = contradicts ? undefined : (computed ?? stated)
  return { contradicts, ...(age !== undefined && age >= 0 && age <= OLDEST_YEARS && { age }) }
}

/** Years from one DA to another; undefined if either is not a date. */
function yearsBetween(from: string, to: string): number | undefined {
  const [a, b] = [dayOf(from), dayOf(to)]
  return a === undefined || b === undefined ? undefined : (b - a) / (DAY_MS * DAYS_PER_YEAR)
}

const UNIT_YEARS: Readonly<Record<string, number>> = { D: 1 / DAYS_PER_YEAR, W: 7 / DAYS_PER_YEAR, M: 1 / 12, Y: 1 }

/** A value without a unit does not count as an age, nor do two different ones. */
function commonAge(stated: readonly string[]): number | undefined {
  const distinct = distinctOf(stated)
  return distinct.length === 1 ? readAge(distinct[0]!) : undefined
}

const distinctOf = (stated: readonly string[]) => [
  ...new Set(stated.map((text) => text.trim()).filter((text) => text !== '')),
]

/** AS "nnnD", "nnnW", "nnnM" or "nnnY" (PS3.5 Table 6.2-1), also with fewer digits, a blank or a small letter ("6Y", "6 y"). */
function readAge(text: string): number | undefined {
  const match = /^(\d{1,3}) ?([DWMY])$/i.exec(text)
  return match ? Number(match[1]) * UNIT_YEARS[match[2]!.toUpperCase()]! : undefined
}

/**
 * Whether any statement would make the patient younger than this if `ageOf` cannot determine the age: a number without unit,
 * one of two ages, a birth date contradicted by another age.
 */
export function mayBeYounger(least: number, { patient, studyDate, patientAges }: Parameters<typeof ageOf>[0]): boolean {
  const stated = distinctOf(patientAges).map(
    (text) => readAge(text) ?? (/^\d{1,3}$/.test(text) ? Number(text) : undefined),
  )
  const ages = [yearsBetween(patient.patientBirthDate, studyDate), ...stated]
  return ages.some((age) => age !== undefined && age >= 0 && age < least)
}
