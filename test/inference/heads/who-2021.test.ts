import { describe, expect, it } from 'vitest'
import type { Head, Prediction } from '../../../src/domain/finding.ts'
import { whoNotes } from '../../../src/inference/heads/who-2021.ts'

const call = (head: Head, label: string | undefined): Prediction => ({
  head,
  status: label === undefined ? 'indeterminate' : 'evaluable',
  probabilities: {},
  intervals: {},
  explanation: [],
  ...(label === undefined ? {} : { call: label }),
})
const codesOf = (idh?: string, codeletion?: string, grade?: string) =>
  whoNotes([call('idh', idh), call('1p19q', codeletion), call('grade', grade)]).map(({ code }) => code.slice(4))

describe('WHO 2021 logic', () => {
  it.each([
    ['IDH-wildtype', 'codeleted', undefined, ['codeleted-wildtype']],
    ['IDH-wildtype', 'codeleted', '4', ['codeleted-wildtype', 'codeleted-grade-4']],
    ['IDH-mutant', 'codeleted', '4', ['codeleted-grade-4']],
    ['IDH-wildtype', 'intact', '2', ['low-grade-wildtype']],
    ['IDH-wildtype', undefined, '3', ['low-grade-wildtype']],
    ['IDH-mutant', 'codeleted', '2', ['pattern-oligodendroglioma']],
    ['IDH-mutant', 'intact', '4', ['pattern-astrocytoma']],
    ['IDH-mutant', 'intact', undefined, ['pattern-astrocytoma']],
    ['IDH-wildtype', undefined, '4', ['pattern-glioblastoma']],
    ['IDH-mutant', undefined, '3', []],
    [undefined, 'codeleted', undefined, []],
    ['IDH-wildtype', 'intact', undefined, []],
    [undefined, undefined, '4', []],
  ])('IDH %s, 1p/19q %s, grade %s: %j', (idh, codeletion, grade, codes) => {
    expect(codesOf(idh, codeletion, grade)).toEqual(codes)
  })

  it('warns of contradictions, informs of patterns, and leaves the diagnosis to tissue', () => {
    const all = ['IDH-wildtype', 'IDH-mutant'].flatMap((idh) =>
      ['intact', 'codeleted'].flatMap((codeletion) =>
        ['2', '3', '4'].flatMap((grade) =>
          whoNotes([call('idh', idh), call('1p19q', codeletion), call('grade', grade)]),
        ),
      ),
    )
    for (const { code, severity, text } of all) {
      expect(severity).toBe(code.includes('pattern') ? 'info' : 'warning')
      if (severity === 'info') expect(text).toContain('pattern consistent with')
      expect(text).toMatch(/Tissue decides\.$/)
    }
  })

  it('counts only calls', () => {
    const idh = { ...call('idh', 'IDH-wildtype'), status: 'indeterminate' as const }
    expect(whoNotes([idh as Prediction, call('1p19q', 'codeleted')])).toEqual([])
    expect(whoNotes([{ head: 'idh', status: 'not-evaluable', reason: 'x' }, call('grade', '4')])).toEqual([])
  })
})
