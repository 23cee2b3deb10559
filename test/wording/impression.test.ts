// The impression as a neuro-oncologist would dictate it: three lines, whatever the result.
import { expect, it } from 'vitest'
import { type impressionLines as Impression, impressionLines } from '../../src/wording/impression.ts'

type Told = Parameters<typeof Impression>[0]
const volume = (region: string, value: number) =>
  ({ region, name: region, quantity: 'volume', value, unit: 'mL' }) as const
const evaluated = { intervals: {}, explanation: [] }
const told: Told = {
  noFinding: false,
  position: { side: 'left', crossesMidline: true, part: 'posterior' },
  measurements: [volume('WT', 61.23), volume('TC', 24.5), volume('ET', 0.44), volume('ED', 36.7)],
  diameters: [
    { longestMm: 31.6, perpendicularMm: 20.4 },
    { longestMm: 12, perpendicularMm: 10 },
  ] as Told['diameters'] & object,
  predictions: [
    {
      head: 'idh',
      status: 'evaluable',
      probabilities: { 'IDH-wildtype': 0.912, 'IDH-mutant': 0.088 },
      call: 'IDH-wildtype',
      ...evaluated,
    },
    { head: '1p19q', status: 'indeterminate', probabilities: { codeleted: 0.52, intact: 0.48 }, ...evaluated },
    { head: 'mgmt', status: 'not-evaluable', reason: 'No published evidence.' },
    { head: 'grade', status: 'evaluable', probabilities: { 4: 0.995, 3: 0.005 }, call: '4', ...evaluated },
  ],
}

it('says what is there, where, how large, what is likely, what could not be told', () => {
  expect(impressionLines(told)).toEqual([
    'Tumour in the left half of the brain, posterior third, over the midline: whole tumour 61.2 mL, core 24.5 mL, enhancing 0.44 mL; largest enhancing lesion 31.6 × 20.4 mm.',
    'Likely from the images: IDH-wildtype (91 %), WHO grade 4 (>99 %).',
    'Left open – undecided: 1p/19q; not evaluable: MGMT promoter; the report gives the reasons.',
  ])
})

it('puts tissue before what the images suggest, and says nothing of that head twice', () => {
  const tissueResults = [{ head: 'idh', test: 'IDH1 R132H', value: 'mutated', reference: 'Observation/1' }] as const
  const [, likely, open] = impressionLines({ ...told, tissueResults: [...tissueResults] })
  expect(likely).toMatch(/^Tissue on record: IDH1 R132H.*mutated.*\. Likely from the images: WHO grade 4/)
  expect(`${likely}${open}`).not.toContain('IDH-wildtype')
})

it('is three lines without a place, without enhancement measured, without a prediction, without a finding', () => {
  const { position: _position, diameters: _diameters, ...plain } = told
  expect(impressionLines({ ...plain, measurements: [volume('WT', 8)], predictions: [] })).toEqual([
    'Tumour: whole tumour 8.0 mL.',
    'No marker, grade or survival could be predicted from the images.',
    'Left open – not measured: enhancing tumour; the report gives the reasons.',
  ])
  const [found, , open] = impressionLines({
    ...plain,
    noFinding: true,
    measurements: [volume('WT', 0)],
    predictions: [],
  })
  expect(found).toBe('No tumour segmented above the limit of this model; this does not exclude one.')
  expect(open).toBe('No question put to the images was left open.')
})
