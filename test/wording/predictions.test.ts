import { describe, expect, it } from 'vitest'
import type { EvaluatedPrediction } from '../../src/domain/finding.ts'
import {
  boundSentence,
  budgetSentence,
  callWords,
  evidenceSentences,
  likelihoodOf,
} from '../../src/wording/predictions.ts'
import { percentBelow } from '../../src/wording/quantities.ts'

const grade: EvaluatedPrediction = {
  head: 'grade',
  status: 'evaluable',
  call: '4',
  probabilities: { '2': 0.02, '3': 0.1, '4': 0.88 },
  intervals: {},
  bounds: { patients: { '2': 40, '3': 38, '4': 323 }, most: { '2': 0.92, '3': 0.92, '4': 0.99 } },
  errorBudget: { n: 52, wrong: 3 },
  explanation: [],
}

describe('the words of a prediction', () => {
  it('are coarse: very likely from 90 % on, likely below, and uncertain without a call', () => {
    expect(likelihoodOf(grade)).toBe('likely')
    expect(likelihoodOf({ call: '4', probabilities: { '4': 0.9 } })).toBe('very likely')
    expect(likelihoodOf({ probabilities: { '4': 0.99 } })).toBeUndefined()
    expect(callWords({ probabilities: { '4': 0.99 } })).toBe('uncertain')
    expect(callWords(grade)).toBe('4 (likely)')
    // A person called what the software held for improbable.
    expect(callWords({ ...grade, call: '3' })).toBe('3')
  })

  it('say what the data can show of the call, or of the likeliest class, and never more than that', () => {
    expect(boundSentence(grade)).toBe('Data from 323 patients (grade 4) can show no more than 99 %.')
    const { call: _none, ...open } = { ...grade, probabilities: { '2': 0.5, '3': 0.4, '4': 0.1 } }
    expect(boundSentence(open)).toBe('Data from 40 patients (grade 2) can show no more than 92 %.')
    expect([0.9286, 0.29, 0.75].map(percentBelow)).toEqual(['92 %', '29 %', '75 %'])
  })

  it('state the error budget, and nothing where there is none', () => {
    expect(budgetSentence(grade)).toBe(
      'Of 100 patients like this one in the measured data, 6 were called wrongly (3 of 52).',
    )
    const { bounds: _bounds, errorBudget: _budget, ...bare } = grade
    expect(evidenceSentences(bare)).toEqual([])
    expect(evidenceSentences(grade)).toHaveLength(2)
  })
})
