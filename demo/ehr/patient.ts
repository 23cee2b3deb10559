// The demo's patient as a hospital's EHR would know them: the identity of the images, as a FHIR R4 Patient.

import type { HumanName, Patient } from '@medplum/fhirtypes'
import { calendarDate } from '../../src/domain/dicom-date.ts'
import type { PatientIdentity } from '../../src/domain/study.ts'

const GENDERS: Record<string, Patient['gender']> = { M: 'male', F: 'female', O: 'other' }

/** `system` is the identifier system of the Patient ID. Empty attributes stay empty. */
export function demoPatient(identity: PatientIdentity, system: string): Patient {
  const birthDate = calendarDate(identity.patientBirthDate)
  const gender = GENDERS[identity.patientSex]
  const name = identity.patientName.split('=').flatMap(humanName)
  return {
    resourceType: 'Patient',
    identifier: [{ system, value: identity.patientId }],
    active: true,
    ...(name.length > 0 && { name }),
    ...(gender && { gender }),
    ...(birthDate && { birthDate }),
  }
}

/** One component group of a PN (PS3.5 6.2.1). */
function humanName(group: string): HumanName[] {
  const [family = '', given = '', middle = '', prefix = '', suffix = ''] = group.split('^').map((part) => part.trim())
  const givens = [given, middle].filter((part) => part !== '')
  if (family === '' && givens.length === 0) return []
  return [
    {
      ...(family && { family }),
      ...(givens.length > 0 && { given: givens }),
      ...(prefix && { prefix: [prefix] }),
      ...(suffix && { suffix: [suffix] }),
    },
  ]
}
