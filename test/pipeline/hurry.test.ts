// Once a peer answers again, what waited for it is due at once.
import { expect, it } from 'vitest'
import type { AnalysisRecord, AnalysisState } from '../../src/domain/analysis.ts'
import { hurryWaiting } from '../../src/pipeline/hurry.ts'

it('makes due what is queued or analysed, touches nothing else, and wakes the worker once', async () => {
  const states: Record<string, AnalysisState> = { a: 'queued', b: 'held', c: 'analysed', d: 'delivered', e: 'running' }
  const due: string[] = []
  let wakes = 0
  await hurryWaiting({
    analyses: {
      list: async ({ state } = {}) =>
        Object.entries(states).flatMap(([analysisId, is]) => (is === state ? [{ analysisId } as AnalysisRecord] : [])),
      makeDue: async (id) => due.push(id) > 0,
    },
    wake: async () => {
      wakes += 1
    },
  })
  expect(due).toEqual(['a', 'c'])
  expect(wakes).toBe(1)
})
