// Headers taken away or exchanged, on a generated study with movement between its series: what is taken is right, or the study is held.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRegistrar } from '../../src/inference/volumes/register.ts'
import { outcomesOf, registerOnce, renamed, type Sent, sentStudy, stripped } from '../pipeline/stripped.ts'

const MINUTES = 60_000
/** All 24 ways to exchange four names: npm run field -- --generated */
const SOME = [
  [0, 1, 2, 3],
  [1, 0, 2, 3],
  [0, 1, 3, 2],
  [3, 1, 2, 0],
  [3, 0, 1, 2],
]
const registrar = registerOnce(createRegistrar())
let sent: Sent
beforeAll(async () => {
  sent = await sentStudy(7)
}, 5 * MINUTES)
afterAll(() => registrar.close())

describe('a study', { timeout: 10 * MINUTES }, () => {
  it('without any telling header is read by its pixels, in whatever order its series come', async () => {
    const bare = stripped(sent.study)
    const turned = { ...bare, series: [3, 0, 2, 1].map((n) => bare.series[n]!) }
    const { each } = await outcomesOf(sent, [bare, turned], registrar)
    expect(each).toEqual(Array(2).fill('right T1 T1c T2 FLAIR'))
  })

  it('of which the names alone speak is held unless they are right', async () => {
    const studies = SOME.map((order) => renamed(stripped(sent.study), sent.study, order))
    const { each } = await outcomesOf(sent, studies, registrar)
    expect(each).toEqual(['right T1 T1c T2 FLAIR', ...Array(4).fill('SERIES_CONTRADICTION')])
  })

  it('with its timing and exchanged names is never taken wrongly', async () => {
    const studies = SOME.map((order) => renamed(sent.study, sent.study, order))
    const { each, wrong } = await outcomesOf(sent, studies, registrar)
    expect([wrong, each[0]]).toEqual([0, 'right T1 T1c T2 FLAIR'])
  })
})
