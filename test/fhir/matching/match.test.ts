// Which patient: every way in which identity can fail, and every spelling that must not make it fail.
import type { HumanName, Patient, Resource } from '@medplum/fhirtypes'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../../src/domain/errors.ts'
import type { PatientIdentity } from '../../../src/domain/study.ts'
import type { RecordStore } from '../../../src/fhir/connection/record-store.ts'
import { differences, matchPatient } from '../../../src/fhir/matching/match.ts'
import { compareNames } from '../../../src/fhir/matching/person-names.ts'
import { MRN_SYSTEM, PATIENT } from '../../support/fhir-report.ts'
import { patientWith } from '../../support/fhir-server.ts'

function storeOf(patients: Patient[]): Pick<RecordStore, 'search' | 'read'> & { tokens: string[] } {
  const tokens: string[] = []
  return {
    tokens,
    async search(_type, _param, wanted): Promise<Resource[]> {
      tokens.push(...wanted)
      return patients
    },
    read: async (reference) => patients.find(({ id }) => `Patient/${id}` === reference),
  }
}

const systems = { default: MRN_SYSTEM, byIssuer: {} }
const known = (change: Partial<Patient> = {}): Patient => ({
  id: 'p1',
  ...patientWith(MRN_SYSTEM, PATIENT.patientId, change),
})

async function code(patients: Patient[], identity: Partial<PatientIdentity> = {}, chosen = systems): Promise<string> {
  try {
    return await matchPatient(storeOf(patients), chosen, { ...PATIENT, ...identity })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    expect(error.class).toBe('hold')
    expect(error.message).not.toMatch(/MRN|0042|Müller|Mueller|Zo[eë]|1961/)
    return error.code
  }
}

describe('matchPatient', () => {
  it('takes the one patient that nothing contradicts', async () => {
    expect(await code([known()])).toBe('Patient/p1')
  })

  it('searches for the escaped identifier in the system of the settings', async () => {
    const store = storeOf([known({ identifier: [{ system: MRN_SYSTEM, value: 'A|B,C$D\\E' }] })])
    await matchPatient(store, systems, { ...PATIENT, patientId: ' A|B,C$D\\E ' })
    expect(store.tokens).toEqual([`${MRN_SYSTEM}|A\\|B\\,C\\$D\\\\E`])
  })

  it('holds none, several, or a study without Patient ID', async () => {
    expect(await code([])).toBe('PATIENT_NOT_FOUND')
    expect(await code([known(), { ...known(), id: 'p2' }])).toBe('PATIENT_AMBIGUOUS')
    expect(await code([known()], { patientId: '  ' })).toBe('PATIENT_ID_MISSING')
  })

  it('holds a record that is inactive, merged away, or whose identifier is an old one', async () => {
    expect(await code([known({ active: false })])).toBe('PATIENT_NOT_FOUND')
    expect(await code([known({ link: [{ type: 'replaced-by', other: { reference: 'Patient/p9' } }] })])).toBe(
      'PATIENT_NOT_FOUND',
    )
    expect(await code([known({ identifier: [{ system: MRN_SYSTEM, value: PATIENT.patientId, use: 'old' }] })])).toBe(
      'PATIENT_NOT_FOUND',
    )
  })

  it('holds an answer that does not carry the identifier', async () => {
    expect(await code([known({ identifier: [{ system: MRN_SYSTEM, value: 'another' }] })])).toBe('PATIENT_MISMATCH')
  })

  it('takes the system of the issuer when there is a mapping, and holds an issuer that is not in it', async () => {
    const mapped = { default: MRN_SYSTEM, byIssuer: { NORTH: 'urn:oid:1.2.3' } }
    const north = known({ identifier: [{ system: 'urn:oid:1.2.3', value: PATIENT.patientId }] })
    expect(await code([north], { issuerOfPatientId: 'NORTH' }, mapped)).toBe('Patient/p1')
    expect(await code([known()], { issuerOfPatientId: 'SOUTH' }, mapped)).toBe('PATIENT_NOT_FOUND')
    expect(await code([known()], { issuerOfPatientId: 'constructor' }, mapped)).toBe('PATIENT_NOT_FOUND')
    expect(await code([known()], { issuerOfPatientId: 'ANY' })).toBe('Patient/p1')
  })

  it('holds another birth date, sex or name; each alone is enough', async () => {
    expect(await code([known({ birthDate: '1961-07-03' })])).toBe('PATIENT_MISMATCH')
    expect(await code([known({ gender: 'male' })])).toBe('PATIENT_MISMATCH')
    expect(await code([known({ name: [{ family: 'Meier', given: ['Zoe'] }] })])).toBe('PATIENT_MISMATCH')
  })
})

describe('matchPatient of a patient that a person confirmed', () => {
  const confirm = (patients: Patient[], reference: string) =>
    matchPatient(storeOf(patients), systems, { ...PATIENT, patientBirthDate: '19991231' }, reference)

  it('takes them whatever differs, and nobody else', async () => {
    expect(await confirm([known(), { ...known(), id: 'p2' }], 'Patient/p2')).toBe('Patient/p2')
    await expect(confirm([known()], 'Patient/p2')).rejects.toMatchObject({ code: 'PATIENT_NOT_FOUND' })
  })

  it('takes nobody who is inactive or merged away', async () => {
    const merged = known({ link: [{ type: 'replaced-by', other: { reference: 'Patient/p9' } }] })
    for (const patient of [known({ active: false }), merged])
      await expect(confirm([patient], 'Patient/p1')).rejects.toMatchObject({ code: 'PATIENT_NOT_FOUND' })
  })
})

describe('differences', () => {
  const of = (identity: Partial<PatientIdentity>, patient: Partial<Patient> = {}) =>
    differences({ ...PATIENT, ...identity }, known(patient))

  it('names what differs, all of it', () => {
    expect(of({ patientBirthDate: '19610308', patientSex: 'M', patientName: 'Else^Some' })).toEqual([
      'birth date',
      'sex',
      'name',
    ])
  })

  it('takes nothing empty as evidence', () => {
    expect(of({ patientBirthDate: '', patientSex: '', patientName: '' })).toEqual([])
    expect(of({}, { birthDate: '', gender: 'unknown', name: [] })).toEqual([])
  })

  it('compares a birth date as far as the EHR knows it', () => {
    expect(of({}, { birthDate: '1961-03' })).toEqual([])
    expect(of({}, { birthDate: '1961-04' })).toEqual(['birth date'])
  })

  it('holds a birth date that is no date', () => {
    expect(of({ patientBirthDate: '19610399' })).toEqual(['birth date'])
    expect(of({ patientBirthDate: '1961.03.07' })).toEqual([])
  })

  it('holds other against male, and takes other as other', () => {
    expect(of({ patientSex: 'O' })).toEqual(['sex'])
    expect(of({ patientSex: 'O' }, { gender: 'other' })).toEqual([])
  })

  it('excuses names in scripts that cannot be compared only by a birth date that agrees', () => {
    const name = [{ family: 'Мюллер', given: ['Зоя'] }]
    expect(of({}, { name })).toEqual([])
    expect(of({ patientBirthDate: '' }, { name })).toEqual(['name'])
  })
})

describe('compareNames', () => {
  const cases: [string, string, HumanName[], 'agree' | 'differ' | 'unknown'][] = [
    ['case', 'SMITH^JOHN', [{ family: 'Smith', given: ['John'] }], 'agree'],
    ['accents', 'GARCIA^JOSE', [{ family: 'García', given: ['José'] }], 'agree'],
    ['composed and decomposed', 'Zoe\u0308^A', [{ family: 'Zo\u00eb', given: ['A'] }], 'agree'],
    ['umlauts spelled out', 'MUELLER^JOERG', [{ family: 'Müller', given: ['Jörg'] }], 'agree'],
    ['umlauts dropped', 'MULLER^JORG', [{ family: 'Müller', given: ['Jörg'] }], 'agree'],
    ['sharp s', 'GROSS^A', [{ family: 'Groß', given: ['A'] }], 'agree'],
    ['slashed o', 'SOERENSEN^A', [{ family: 'Sørensen', given: ['A'] }], 'agree'],
    ['apostrophe and hyphen', 'OBRIEN SMITH^A', [{ family: 'O’Brien-Smith', given: ['A'] }], 'agree'],
    ['a middle name only here', 'Smith^John^Paul', [{ family: 'Smith', given: ['Paul'] }], 'agree'],
    ['an initial', 'Smith^J', [{ family: 'Smith', given: ['John'] }], 'agree'],
    ['no given name', 'Smith', [{ family: 'Smith', given: ['John'] }], 'agree'],
    [
      'a maiden name',
      'Smith^Ann',
      [
        { family: 'Jones', given: ['Ann'] },
        { use: 'maiden', family: 'Smith', given: ['Ann'] },
      ],
      'agree',
    ],
    ['one text in the images', 'Smith, Ann', [{ family: 'Smith', given: ['Ann'] }], 'agree'],
    ['one text in the EHR', 'Smith^Ann', [{ text: 'Ms Ann Smith' }], 'agree'],
    ['ideographic group', 'Yamada^Tarou=山田^太郎=やまだ^たろう', [{ family: '山田', given: ['太郎'] }], 'agree'],
    ['phonetic group in the other kana', 'X^Y==やまだ^たろう', [{ family: 'ヤマダ', given: ['タロウ'] }], 'agree'],
    ['voiced kana are other letters', '==かき^あ', [{ family: 'ガキ', given: ['ア'] }], 'differ'],
    ['Hangul', 'Hong^Gildong=洪^吉洞=홍^길동', [{ family: '홍', given: ['길동'] }], 'agree'],
    ['another family name', 'Smith^Ann', [{ family: 'Jones', given: ['Ann'] }], 'differ'],
    ['a twin', 'Smith^Ann', [{ family: 'Smith', given: ['Beth'] }], 'differ'],
    ['half of a double name', 'Garcia^A', [{ family: 'Garcia Lopez', given: ['A'] }], 'differ'],
    ['a text that only begins alike', 'Smithson Ann', [{ family: 'Smith', given: ['Ann'] }], 'differ'],
    ['another ideographic name', '=山田^太郎', [{ family: '山本', given: ['太郎'] }], 'differ'],
    ['nothing in the images', '^^^', [{ family: 'Smith' }], 'unknown'],
    ['nothing in the EHR', 'Smith^Ann', [{}], 'unknown'],
    ['other scripts', 'Ivanov^Ivan', [{ family: 'Иванов', given: ['Иван'] }], 'unknown'],
  ]
  it.each(cases)('%s', (_what, pn, names, verdict) => {
    expect(compareNames(pn, names)).toBe(verdict)
  })
})
