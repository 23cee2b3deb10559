// For whom a bundle is meant: held or stated as the site wishes, decided by the age on the day of the study and nothing else.
import { expect, it } from 'vitest'
import { tagOf } from '../../src/dicom/dataset.ts'
import { checkIntendedUse, type IntendedUseInput } from '../../src/pipeline/intended-use.ts'

const ADULTS = {
  name: 'Glioma network',
  intended_use: 'Adults before surgery.',
  intended_population: { min_age_years: 18 },
}
const asked = (birthDate: string, change: Partial<IntendedUseInput> & { ages?: string[] } = {}) =>
  checkIntendedUse({
    study: {
      studyInstanceUid: '1.2',
      series: [
        {
          seriesInstanceUid: '1.2.3',
          modality: 'MR',
          instances: (change.ages ?? ['']).map((age, n) => ({
            sopInstanceUid: `1.2.3.${n + 1}`,
            sopClassUid: '1.2.840.10008.5.1.4.1.1.4',
            // As it is sent, valid or not.
            metadata: { [tagOf('PatientAge')]: { vr: 'AS', Value: [age] } },
          })),
        },
      ],
    } as IntendedUseInput['study'],
    patient: { patientBirthDate: birthDate },
    identity: { studyDate: '20260301' },
    bundle: ADULTS,
    outside: 'hold',
    ...change,
  })

it('holds a child and names the limit and the intended use, but not the age', () => {
  expect(() => asked('20200101')).toThrow(
    expect.objectContaining({
      code: 'OUTSIDE_INTENDED_USE',
      message:
        'the patient is younger: Glioma network is meant for patients of at least 18 years. Its intended use: Adults before surgery',
    }),
  )
})

it.each([
  ['a day before the birthday', '20080302', {}, ['outside-intended-use']],
  ['on the birthday', '20080228', {}, []],
  ['by the age in the headers, where there is no birth date', '', { ages: ['006Y', '006Y'] }, ['outside-intended-use']],
  ['an adult by the headers', '', { ages: ['071Y'] }, []],
  ['no age at all', '', {}, ['age-unknown']],
  ['two ages', '', { ages: ['006Y', '060Y'] }, ['age-unknown']],
  ['headers that contradict the birth date', '19600101', { ages: ['006Y'] }, ['age-unknown']],
  ['a birth date that only holds a place', '19000101', {}, ['age-unknown']],
] as const)(
  'states what it found where the site wants it: %s',
  (_name, birthDate, { ages }: { ages?: readonly string[] }, codes) => {
    const notes = asked(birthDate, { outside: 'state', ...(ages && { ages: [...ages] }) })
    expect(notes.map(({ code }) => code)).toEqual(codes)
    expect(notes.every(({ severity }) => severity === 'warning')).toBe(true)
  },
)

it.each([
  ['a short form of PatientAge', '', ['6Y']],
  ['months', '', ['18 m']],
  ['a number without its unit', '', ['17']],
  ['one of two ages', '', ['006Y', '060Y']],
  ['an age that the birth date contradicts', '19600101', ['006Y']],
  ['a birth date that the age contradicts', '20200101', ['060Y']],
])('holds who may be a child, by %s', (_what, birthDate, ages) => {
  expect(() => asked(birthDate, { ages })).toThrow(expect.objectContaining({ code: 'OUTSIDE_INTENDED_USE' }))
})

it.each([
  ['', ['60Y']],
  ['', ['42']],
  ['19600101', ['066Y']],
  ['19600101', ['']],
  ['19000101', ['060Y']],
])('goes on with an adult, or without an age that says otherwise: %s, %s', (birthDate, ages) => {
  expect(() => asked(birthDate, { ages })).not.toThrow()
})

it('asks nothing for a bundle that is meant for everybody', () => {
  const { intended_population: _, ...everybody } = ADULTS
  expect(asked('20200101', { bundle: everybody })).toEqual([])
})
