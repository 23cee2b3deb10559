import { describe, expect, it } from 'vitest'
import { parseBundle } from '../../../src/inference/bundle/manifest.ts'
import { evaluableRegions } from '../../../src/inference/bundle/needs.ts'
import { bundleProblems, readJson, tinyBundle } from '../support.ts'

const manifest = () => readJson(`${tinyBundle}/bundle.json`)
const needs = { ET: ['T1c'], TC: ['T1c'], NCR: ['FLAIR', 'T1c'] }

describe('what a bundle can say without a sequence', () => {
  const bundle = parseBundle({ ...manifest(), needs })

  it('withholds regions and labels whose sequences are not there, with what they lack', () => {
    expect(evaluableRegions(bundle, ['T1', 'T2'])).toEqual({
      evaluable: ['WT', 'ED'],
      withheld: [
        { key: 'TC', missing: ['T1c'] },
        { key: 'ET', missing: ['T1c'] },
        { key: 'NCR', missing: ['T1c', 'FLAIR'] },
      ],
    })
    expect(evaluableRegions(bundle, ['T1c', 'T2']).withheld).toEqual([{ key: 'NCR', missing: ['FLAIR'] }])
  })

  it('withholds nothing when all is there, or when the bundle states no needs', () => {
    const all = { evaluable: ['WT', 'TC', 'ET', 'NCR', 'ED'], withheld: [] }
    expect(evaluableRegions(bundle, ['T1c', 'FLAIR'])).toEqual(all)
    expect(evaluableRegions(parseBundle(manifest()), ['T2'])).toEqual(all)
  })

  it.each([
    [{ BRAIN: ['T1'] }, 'needs.BRAIN: is neither a region nor a label'],
    [{ ET: ['ADC'] }, 'needs.ET: ADC is not one of the sequences'],
    [{ ET: [] }, 'needs.ET'],
    [{ ET: ['DWI'] }, 'needs.ET.0'],
  ])('refuses %o', (wrong, part) => {
    const message = bundleProblems(manifest(), (m) => {
      m.needs = wrong
    })
    expect(message).toContain('1 problem(s)')
    expect(message).toContain(part)
  })
})
