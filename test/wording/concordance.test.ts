// What is said of a site's own figures: nothing of too few, and no difference where intervals overlap.
import { describe, expect, it } from 'vitest'
import type { HeadFigures, Share } from '../../src/domain/concordance.ts'
import { share } from '../../src/evaluation/concordance.ts'
import { figuresContent, shareWords } from '../../src/wording/concordance.ts'
import { sampleFigures } from '../support/sample-figures.ts'

const head = sampleFigures.heads[0]!
const verdict = (wrongCalls: Share, card: HeadFigures['card'] = head.card!) =>
  figuresContent({ ...sampleFigures, heads: [{ ...head, wrongCalls, card }] }).tables[0]!.verdict

describe('a share', () => {
  it('has its interval from 20 patients on, and below says that they are too few', () => {
    expect(shareWords(share(2, 20))).toBe('2 of 20 (10 %, 3 to 30 %)')
    expect(shareWords(share(2, 19))).toBe('2 of 19, too few to say')
    expect(shareWords(share(0, 0))).toBe('–')
  })
})

describe('the sentence to read first', () => {
  it('says more or fewer only where the intervals are apart', () => {
    expect(verdict(share(12, 40))).toBe('30 % of the calls were wrong here, more than on the card (4 %).')
    expect(verdict(share(2, 40))).toBe('5 % of the calls were wrong here, 4 % on the card: no difference can be told.')
    const poor = { wrongCalls: share(150, 300) }
    expect(verdict(share(2, 60), poor)).toBe('3 % of the calls were wrong here, fewer than on the card (50 %).')
    expect(verdict(share(2, 60), {})).toBe(
      '3 % of the calls were wrong here; the card states no figure to set beside it.',
    )
    expect(verdict(share(6, 12))).toBe('Too few calls with a result from tissue to say how many are wrong: 12.')
  })
})

it('says that nothing is compared with tissue where the settings name no values', () => {
  const told = (readsTissue: boolean) => figuresContent({ ...sampleFigures, readsTissue }).notes.join('\n')
  expect(told(false)).toContain('ehr.reads.tissueValues')
  expect(told(true)).not.toContain('ehr.reads.tissueValues')
})
