// What gliabridge rules prints: the rules as they are set, and how they apply to one study.
import { expect, it } from 'vitest'
import { explanationInWords, rulesInWords } from '../../src/cli/commands/rules.ts'

it('the rules, in the order in which they are asked', () => {
  const exclude = [{ attribute: 'StudyDescription', matches: 'phantom', reason: 'a phantom' }] as const
  expect(
    rulesInWords({
      requiredSeries: ['T1c', 'FLAIR'],
      waitSeconds: 900,
      minimumAgeYears: 18,
      maximumAgeYears: 90,
      exclude,
    }),
  ).toEqual([
    'modality         MR among the images',
    'body part        head, or nothing said',
    'exclude          StudyDescription matches /phantom/: a phantom',
    'age              at least 18 years',
    'age              at most 90 years',
    'required series  T1c, FLAIR, waited for 900 s',
  ])
})

it('each rule with what was compared, the outcome, and the verdict', () => {
  const modality = { rule: 'modality', compared: 'wanted MR; the images have MR', outcome: 'pass' as const }
  const explain = (...rules: Parameters<typeof explanationInWords>[0]['rules']) =>
    explanationInWords({ studyInstanceUid: '1.2.3', stage: 'settled', rules })
  expect(explain(modality, { rule: 'exclude', compared: 'a', outcome: 'fail', reason: 'a phantom' })).toEqual([
    'study 1.2.3: settled',
    'passes  modality         wanted MR; the images have MR',
    'FAILS   exclude          a → a phantom',
    'verdict not analysed',
  ])
  const missing = { rule: 'required series', compared: 'b', outcome: 'wait' as const, reason: 'the study lacks T1c' }
  expect(explain(modality, missing).at(-1)).toBe('verdict waited for, then not analysed')
  const consent = { rule: 'consent', compared: 'c', outcome: 'later' as const }
  expect(explain(modality, consent).slice(-2)).toEqual([
    'later   consent          c',
    'verdict analysed, once its images stay the same',
  ])
})
