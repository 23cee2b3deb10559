import { describe, expect, it } from 'vitest'
import type { Sequence } from '../../../src/domain/study.ts'
import { evaluableOf } from '../../../src/inference/lesions/evaluable.ts'
import { measure } from '../../../src/inference/lesions/measure.ts'

const grid = {
  size: [8, 1, 1],
  spacing: [10, 10, 10],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
} as const
const labels = {
  grid: { ...grid, size: [8, 1, 1] as [number, number, number], direction: [...grid.direction] },
  data: Uint8Array.of(0, 1, 2, 2, 3, 3, 3, 0),
}
const bundle = {
  sequences: {
    T1: { channel: 0, required: false },
    T1c: { channel: 1, required: false },
    FLAIR: { channel: 2, required: false },
  },
  labels: [
    { index: 1, key: 'NCR', name: 'necrotic core' },
    { index: 2, key: 'ED', name: 'oedema' },
    { index: 3, key: 'ET', name: 'enhancing tumour' },
  ],
  regions: { WT: [1, 2, 3], TC: [1, 3], ET: [3] },
} as unknown as Parameters<typeof evaluableOf>[1]

describe('what can be stated', () => {
  it('is everything with all that it needs', () => {
    const { labels: kept, withheld } = evaluableOf(labels, bundle, ['T1c', 'FLAIR'])
    expect(kept).toBe(labels)
    expect(withheld).toEqual([])
  })

  it.each<[string, Record<string, Sequence[]> | undefined]>([
    ['by the stated default', undefined],
    ['by the bundle', { TC: ['T1c'], ET: ['T1c'], NCR: ['T1c'], ED: ['T1c'] }],
  ])(
    'is the whole tumour without T1c, %s: neither a volume of the core nor one that it could be worked out from',
    (_by, needs) => {
      const stated = evaluableOf(labels, { ...bundle, needs }, ['T1', 'FLAIR'])
      expect([...stated.labels.data]).toEqual([0, 1, 1, 1, 1, 1, 1, 0])
      const { segments, measurements } = measure(stated.labels, stated.bundle)
      expect(segments).toEqual([{ label: 1, key: 'WT', name: 'whole tumour', voxelCount: 6 }])
      expect(measurements).toEqual([
        { region: 'WT', name: 'whole tumour', quantity: 'volume', value: 6, unit: 'mL', labels: [1] },
      ])
      expect(stated.withheld.map(({ text }) => text)).toEqual([
        'tumour core: not evaluable: no post-contrast T1.',
        'enhancing tumour: not evaluable: no post-contrast T1.',
        'necrotic core: not evaluable: no post-contrast T1.',
        'oedema: not evaluable: no post-contrast T1.',
      ])
      const of = (...values: number[]) => Float32Array.from(values)
      const joined = stated.joined([of(0.25), of(0.125), of(0.25), of(0.375)])
      expect([joined[0]![0], joined[1]![0]]).toEqual([0.25, 0.75])
    },
  )

  it('drops labels that nothing evaluable holds, and keeps what another sequence decides', () => {
    const other = {
      ...bundle,
      regions: { WT: [1, 2, 3], TC: [1, 3], ET: [3] },
      needs: { WT: ['FLAIR'], ED: ['FLAIR'] },
    } as typeof bundle
    const stated = evaluableOf(labels, other, ['T1c'])
    expect([...stated.labels.data]).toEqual([0, 1, 0, 0, 3, 3, 3, 0])
    expect(measure(stated.labels, stated.bundle).measurements.map(({ region, value }) => [region, value])).toEqual([
      ['TC', 4],
      ['ET', 3],
      ['NCR', 1],
    ])
    expect(stated.withheld[0]?.text).toBe('whole tumour: not evaluable: no FLAIR.')
  })
})
