// The worksheet in words: each limit is shown, what is missing is named, and nothing is proposed as decided.
import { expect, it } from 'vitest'
import { WORKSHEET_LIMITS } from '../../src/domain/worksheet.ts'
import { factSentence, worksheets } from '../../src/wording/worksheet.ts'
import { comparisonOf } from '../support/comparison.ts'
import { sampleResult } from '../support/sample-analyses.ts'

const radiotherapy = [{ words: 'Radiotherapy', from: '2025-12-01', to: '2026-01-10', reference: 'Procedure/7' }]
const result = {
  study: { ...sampleResult.study, studyDate: '20260301' },
  comparison: comparisonOf(sampleResult),
  treatment: { radiotherapy, bevacizumab: [], steroids: [] },
}

it('proposes with the limit and what the record states', () => {
  const [btRads, rano] = worksheets(result)
  expect(btRads).toMatchObject({ title: 'BT-RADS', proposal: 'Proposed: 3a – worse, treatment effect favoured.' })
  expect(btRads!.rows).toContainEqual({
    question: 'Time since radiotherapy',
    answer: '50 days, within the limit',
    limit: '90 days',
    facts: radiotherapy,
  })
  expect(btRads!.rows).toContainEqual({
    question: 'Enhancing tumour, by volume',
    answer: '+25 % ± 4, worse',
    limit: '10 % and its own 95 % error',
    facts: [],
  })
  expect(rano!.proposal).toMatch(
    /^Proposed: preliminary-PD – .*to be confirmed by a further study; also possible: SD – /,
  )
})

it('says what is missing, and what that leaves open', () => {
  const { treatment: _, ...unread } = result
  const [btRads, rano] = worksheets(unread)
  expect(btRads!.proposal).toMatch(/^Nothing is proposed: radiotherapy was not read from the record; open: 3a/)
  expect(rano!.proposal).toContain('radiotherapy was not read from the record')
})

it('is there for follow-ups alone', () => {
  expect(worksheets({ study: result.study })).toEqual([])
})

it('tells an entry of the record whole', () => {
  const steroid = { words: 'Dexamethasone', from: '2026-02-01', reference: 'MedicationRequest/1' }
  expect(factSentence({ ...steroid, isOngoing: true, dailyMg: 8 })).toBe(
    'Dexamethasone, 2026-02-01, goes on, 8 mg a day',
  )
  expect(factSentence({ ...steroid, to: '2026-02-20' })).toBe('Dexamethasone, 2026-02-01 to 2026-02-20')
  expect(factSentence({ ...steroid, to: '2026-02-01' })).toBe('Dexamethasone, 2026-02-01')
  expect(factSentence(steroid)).toBe('Dexamethasone, 2026-02-01, end not stated')
})

it.each(Object.entries(WORKSHEET_LIMITS))('has a source for %s', (_name, { source }) => {
  expect(source).toMatch(/\(|chosen: ./)
})
