// The routing rules: each decides by what it says, tells why, and tells nothing of the patient.
import { describe, expect, it } from 'vitest'
import { dataset } from '../../src/dicom/dataset.ts'
import type { RoutingRules } from '../../src/domain/routing-rules.ts'
import type { Series, Study } from '../../src/domain/study.ts'
import { applyRules, type RuleFacts, routingVerdict } from '../../src/triggers/rules.ts'
import { MR } from '../support/instances.ts'

const NONE: RoutingRules = { requiredSeries: [], waitSeconds: 3600, exclude: [] }
const FACTS: RuleFacts = { sequences: () => ['T1', 'FLAIR'], age: () => 41.6 }

function series(n: number, attributes: Parameters<typeof dataset>[0]): Series {
  const metadata = dataset({ BodyPartExamined: 'HEAD', ...attributes })
  const instance = { sopInstanceUid: `1.2.${n}.1`, sopClassUid: MR, metadata }
  return { seriesInstanceUid: `1.2.${n}`, modality: 'MR', instances: [instance] }
}
const study = (...all: Series[]): Study => ({ studyInstanceUid: '1.2', series: all })
const plain = study(
  series(1, { PatientName: 'Kowalska^Anna', PatientID: 'PHANTOM-7', StudyDescription: 'Schädel Kowalska' }),
  series(2, { ProtocolName: 'QA weekly' }),
)
const outcomes = (rules: Partial<RoutingRules>, facts = FACTS) =>
  applyRules(plain, { ...NONE, ...rules }, facts).map(({ rule, outcome }) => `${rule}: ${outcome}`)
const ALWAYS = ['modality: pass', 'body part: pass']

describe('routing rules', () => {
  it('are modality and body part alone, unless the site has some', () => {
    expect(outcomes({})).toEqual(ALWAYS)
    expect(routingVerdict(plain, NONE, FACTS)).toEqual({ eligible: true })
  })

  it('ask nothing more of a study without MR', () => {
    const ct = { ...series(1, {}), modality: 'CT' }
    const asked: string[] = []
    const facts: RuleFacts = { sequences: () => [], age: () => void asked.push('age') as undefined }
    const rules = { ...NONE, minimumAgeYears: 18, requiredSeries: ['T1c' as const] }
    expect(applyRules(study(ct), rules, facts).map(({ rule }) => rule)).toEqual(['modality'])
    expect(asked).toEqual([])
  })

  it.each([
    ['PatientID', '^phantom', 'fail'],
    ['ProtocolName', '\\bqa\\b', 'fail'],
    ['ProtocolName', '^weekly', 'pass'],
    ['PatientName', 'kowalska', 'fail'],
    ['StationName', '.', 'pass'],
  ] as const)('exclude by %s matching %s: %s', (attribute, matches, outcome) => {
    const exclude = [{ attribute, matches, reason: 'not for us' }]
    expect(outcomes({ exclude })).toEqual([...ALWAYS, `exclude: ${outcome}`])
    const verdict = routingVerdict(plain, { ...NONE, exclude }, FACTS)
    expect(verdict).toEqual(outcome === 'pass' ? { eligible: true } : { eligible: false, reason: 'not for us' })
  })

  it.each<[Partial<RoutingRules>, number | undefined, string]>([
    [{ minimumAgeYears: 18 }, 17.99, 'fail'],
    [{ minimumAgeYears: 18 }, 18, 'pass'],
    [{ maximumAgeYears: 80 }, 80.99, 'pass'],
    [{ maximumAgeYears: 80 }, 81, 'fail'],
    [{ minimumAgeYears: 18, maximumAgeYears: 80 }, undefined, 'pass'],
  ])('with %o take the age %s: %s', (rules, age, outcome) => {
    expect(outcomes(rules, { ...FACTS, age: () => age })).toEqual([...ALWAYS, `age: ${outcome}`])
  })

  it('wait for a series that is required, and say which is missing', () => {
    expect(outcomes({ requiredSeries: ['T1', 'FLAIR'] })).toEqual([...ALWAYS, 'required series: pass'])
    const rules = { ...NONE, requiredSeries: ['T1c', 'T1', 'T2'] as const, waitSeconds: 900 }
    const reason = 'the study lacks T1c, T2'
    expect(routingVerdict(plain, rules, FACTS)).toEqual({ eligible: false, reason, waitSeconds: 900 })
  })

  it('do not wait for a study that another rule leaves', () => {
    const rules: RoutingRules = { ...NONE, requiredSeries: ['T1c'], minimumAgeYears: 50 }
    expect(routingVerdict(plain, rules, FACTS)).toEqual({
      eligible: false,
      reason: "the patient's age is not at least 50 years",
    })
  })

  it('tell what was compared without a value of the patient', () => {
    const rules: RoutingRules = {
      ...NONE,
      requiredSeries: ['T1c'],
      minimumAgeYears: 50,
      exclude: [
        { attribute: 'PatientName', matches: 'x', reason: 'r' },
        { attribute: 'StudyDescription', matches: 'sch', reason: 'r' },
      ],
    }
    const told = JSON.stringify(applyRules(plain, rules, FACTS))
    expect(told).not.toMatch(/Kowalska|Anna|PHANTOM|Schädel|QA|41/)
    expect(told).toContain('StudyDescription against /sch/: matches')
  })
})
