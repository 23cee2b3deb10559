// Which patient: every way in which identity can fail, and every spelling that must not make it fail.
import type { HumanName, Patient, Resource } from '@medplum/fhirtypes'
import fc from 'fast-check'
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

  it('takes nobody whose identifier is not the one of the images, letter for letter, and tells neither', async () => {
    const part = fc.string({
      unit: fc.constantFrom('0', '1', '7', 'a', 'A', 'b', 'B', '-', 'ß', 'İ'),
      minLength: 4,
      maxLength: 9,
    })
    const forms = fc.tuple(part, fc.constantFrom('', '0', '000'), fc.boolean()).map(([id, zeros, lower]) => ({
      ours: `Q${id}Z`,
      theirs: `${zeros}Q${lower ? id.toLowerCase() : id.toUpperCase()}Z`,
    }))
    await fc.assert(
      fc.asyncProperty(forms, async ({ ours, theirs }) => {
        const found = known({ identifier: [{ system: MRN_SYSTEM, value: theirs }] })
        const matched = matchPatient(storeOf([found]), systems, { ...PATIENT, patientId: ours }).then(
          (patient) => JSON.stringify(patient),
          (error: AppError) => `${error.code} ${error.message}`,
        )
        if (ours === theirs) {
          expect(await matched).toContain('p1')
          return
        }
        expect(await matched).toMatch(/^PATIENT_MISMATCH the EHR answered the search for the Patient ID/)
        for (const value of [ours, theirs]) expect(await matched).not.toContain(value)
      }),
    )
  })

  it('holds an answer that does not carry the identifier', async () => {
    expect(await code([known({ identifier: [{ system: MRN_SYSTEM, value: 'another' }] })])).toBe('PATIENT_MISMATCH')
  })

  it.each([
    [
      'another number',
      [{ system: MRN_SYSTEM, value: 'another' }],
      /does not carry it: 1 identifiers in \S+ were compared$/,
    ],
    [
      'other letter case',
      [{ system: MRN_SYSTEM, value: PATIENT.patientId.toLowerCase() }],
      /carries it in other letter case$/,
    ],
    [
      'leading zeros',
      [{ system: MRN_SYSTEM, value: `000${PATIENT.patientId}` }],
      /carries it with other leading zeros \(\d+ characters in the EHR, \d+ in the images\)$/,
    ],
    ['no system', [{ value: PATIENT.patientId }], /carries it without a system, not in \S+$/],
    ['another system', [{ system: 'urn:oid:9.9', value: PATIENT.patientId }], /carries it in another system than \S+$/],
  ])('says how the identifier of the answer differs: %s', async (_what, identifier, message) => {
    const match = matchPatient(storeOf([known({ identifier })]), systems, PATIENT)
    await expect(match).rejects.toMatchObject({ code: 'PATIENT_MISMATCH', message: expect.stringMatching(message) })
    await expect(match).rejects.toMatchObject({ message: expect.not.stringContaining(PATIENT.patientId) })
  })

  it.each([
    ['merged into another', { link: [{ type: 'replaced-by' as const, other: { reference: 'Patient/p9' } }] }],
    ['is inactive', { active: false }],
    ['no longer has it', { identifier: [{ system: MRN_SYSTEM, value: PATIENT.patientId, use: 'old' as const }] }],
  ])('says what is wrong with the only record: it %s', async (said, change) => {
    await expect(matchPatient(storeOf([known(change)]), systems, PATIENT)).rejects.toMatchObject({
      message: expect.stringContaining(said),
    })
  })

  it('takes the surviving record of a merge that the answer shows whole, and no other', async () => {
    const merged = (into: string) => ({
      ...known({ active: false, link: [{ type: 'replaced-by', other: { reference: into } }] }),
      id: 'p0',
    })
    expect(await code([merged('Patient/p1'), known()])).toBe('Patient/p1')
    expect(await code([merged('https://ehr.example/fhir/Patient/p1'), known()])).toBe('Patient/p1')
    expect(await code([merged('Patient/p9'), known()])).toBe('PATIENT_AMBIGUOUS')
  })

  it('says which part of the names differs, and neither of them', async () => {
    const refusal = async (name: HumanName[], identity: Partial<PatientIdentity> = {}) =>
      matchPatient(storeOf([known({ name })]), systems, { ...PATIENT, ...identity }).catch((e: AppError) => e.message)
    expect(await refusal([{ family: 'Meier', given: ['Zoe'] }])).toContain(
      '(the family names were compared and differ)',
    )
    expect(await refusal([{ family: 'Müller-Okafor', given: ['Beth'] }])).toContain(
      '(the family name agrees, the given names or',
    )
    expect(await refusal([{ family: 'Мюллер' }], { patientBirthDate: '' })).toContain('scripts that cannot be compared')
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

  it('takes the day of a birth date with a time, and a gender in capitals', () => {
    expect(
      of({}, { birthDate: `${PATIENT.patientBirthDate.replace(/(....)(..)(..)/, '$1-$2-$3')}T00:00:00.000Z` }),
    ).toEqual([])
    expect(of({}, { birthDate: '1950-01-01T00:00:00Z' })).toEqual(['birth date'])
    expect(of({ patientSex: 'F' }, { gender: 'Female' as never })).toEqual([])
    expect(of({ patientSex: 'M' }, { gender: 'Female' as never })).toEqual(['sex'])
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
    ['one text without spaces, Chinese', '=王^小明', [{ text: '王小明' }], 'agree'],
    ['one text without spaces, Korean', 'Hong^Gildong==홍^길동', [{ text: '홍길동' }], 'agree'],
    ['one text without spaces, Japanese', 'Yamada^Tarou=山田^太郎', [{ text: '山田太郎' }], 'agree'],
    ['one text without spaces in the images', '王小明', [{ family: '王', given: ['小明'] }], 'agree'],
    ['the whole name as family name', '=王^小明', [{ family: '王小明' }], 'agree'],
    ['the whole name as given name', '=王^小明', [{ given: ['王小明'] }], 'agree'],
    ['the family name last', '=王^小明', [{ text: '小明王' }], 'agree'],
    ['another given name in one text', '=王^小明', [{ text: '王大明' }], 'differ'],
    ['another family name in one text', '=王^小明', [{ text: '黄小明' }], 'differ'],
    ['a prefix apart in the images', 'Berg^Anna^^van der', [{ family: 'van der Berg', given: ['Anna'] }], 'agree'],
    [
      'a prefix apart in the EHR',
      'van der Berg^Anna',
      [{ prefix: ['van der'], family: 'Berg', given: ['Anna'] }],
      'agree',
    ],
    ['a prefix in one place only', 'Berg^Anna', [{ family: 'van den Berg', given: ['Anna'] }], 'agree'],
    ['a title', 'Berg^Anna^^Dr', [{ family: 'Berg', given: ['Anna'] }], 'agree'],
    ['a particle alone', 'Van^Anna', [{ family: 'Van', given: ['Anna'] }], 'agree'],
    ['a suffix in the family name', 'SMITH JR^JOHN', [{ family: 'Smith', given: ['John'], suffix: ['Jr'] }], 'agree'],
    ['a suffix on one side', 'Smith^John', [{ family: 'Smith III', given: ['John'] }], 'agree'],
    ['father and son', 'SMITH SR^JOHN', [{ family: 'Smith Jr', given: ['John'] }], 'differ'],
    ['d with stroke as d', 'DUKIC^ANA', [{ family: 'Đukić', given: ['Ana'] }], 'agree'],
    ['d with stroke as dj', 'Djukic^Ana', [{ family: 'Đukić', given: ['Ana'] }], 'agree'],
    ['d with stroke, Vietnamese', 'DO^THI DIEM', [{ family: 'Đỗ', given: ['Thị Diễm'] }], 'agree'],
    ['another family name after a particle', 'van Berg^Anna', [{ family: 'van Dijk', given: ['Anna'] }], 'differ'],
    ['another family name', 'Smith^Ann', [{ family: 'Jones', given: ['Ann'] }], 'differ'],
    ['a twin', 'Smith^Ann', [{ family: 'Smith', given: ['Beth'] }], 'differ'],
    ['half of a double name', 'Garcia^A', [{ family: 'Garcia Lopez', given: ['A'] }], 'differ'],
    ['a text that only begins alike', 'Smithson Ann', [{ family: 'Smith', given: ['Ann'] }], 'differ'],
    ['another ideographic name', '=山田^太郎', [{ family: '山本', given: ['太郎'] }], 'differ'],
    ['nothing in the images', '^^^', [{ family: 'Smith' }], 'unknown'],
    ['nothing in the EHR', 'Smith^Ann', [{}], 'unknown'],
    ['other scripts', 'Ivanov^Ivan', [{ family: 'Иванов', given: ['Иван'] }], 'unknown'],
  ]
  it('agree with themselves in any letter case, whoever wrote family and given name in one text', () => {
    const wordOf = (letters: string) => fc.string({ unit: fc.constantFrom(...letters), minLength: 2, maxLength: 8 })
    const names = fc.oneof(
      ...['abzéüøłđğșñçÀÖ', 'аИжшёЩ', 'Ωαβέό', 'אבגש'].map((letters) => fc.tuple(wordOf(letters), wordOf(letters))),
    )
    fc.assert(
      fc.property(names, fc.boolean(), ([family, given], upper) => {
        const pn = upper ? `${family.toUpperCase()}^${given.toUpperCase()}` : `${family}^${given}`
        expect(compareNames(pn, [{ family, given: [given] }])).toBe('agree')
        expect(compareNames(pn, [{ text: `${given} ${family}` }])).toBe('agree')
      }),
    )
  })

  it('are compared without a failure, whatever stands in them', () => {
    const any = fc.string({ unit: 'grapheme', maxLength: 20 })
    fc.assert(
      fc.property(any, any, any, (pn, family, whole) => {
        expect(['agree', 'differ', 'unknown']).toContain(compareNames(pn, [{ family }, { text: whole }]))
      }),
    )
  })

  it.each(cases)('%s', (_what, pn, names, verdict) => {
    expect(compareNames(pn, names)).toBe(verdict)
  })
})
