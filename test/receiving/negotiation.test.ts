// Who may call, and what is agreed on.
import { describe, expect, it } from 'vitest'
import { agreeOn, rejectionOf } from '../../src/receiving/negotiation.ts'

const site = { aeTitle: 'GLIA', peers: { MR1: { host: '10.0.0.7' }, ROUTER: {} }, isFull: false }
const judge = (callingAeTitle: string, calledAeTitle = 'GLIA', address = '10.0.0.7') => {
  const found = rejectionOf({ callingAeTitle, calledAeTitle, address }, site)
  return found && [found.result, found.source, found.reason]
}

describe('an association', () => {
  it('is accepted of a peer on the list, at its host where one is named, also as a socket of both families names it', () => {
    expect(judge('MR1')).toBeUndefined()
    expect(judge('MR1', 'GLIA', '::ffff:10.0.0.7')).toBeUndefined()
    expect(judge('ROUTER', 'GLIA', '10.9.9.9')).toBeUndefined()
  })

  it('is rejected for good of an unknown caller or host and under another name, for now when too many are open', () => {
    expect(judge('MR2')).toEqual([1, 1, 3])
    expect(judge('constructor')).toEqual([1, 1, 3])
    expect(judge('MR1', 'GLIA', '10.0.0.70')).toEqual([1, 1, 3])
    expect(judge('MR1', 'OTHER')).toEqual([1, 1, 7])
    const applicant = { callingAeTitle: 'MR1', calledAeTitle: 'GLIA', address: '10.0.0.7' }
    expect(rejectionOf(applicant, { ...site, isFull: true })).toMatchObject({ result: 2, source: 3, reason: 2 })
  })
})

describe('a presentation context', () => {
  const MR = '1.2.840.10008.5.1.4.1.1.4'
  it.each([
    [MR, ['1.2.840.10008.1.2.4.90', '1.2.840.10008.1.2'], true, { transferSyntaxUid: '1.2.840.10008.1.2.4.90' }],
    [MR, ['1.2.840.10008.1.2.4.94', '1.2.840.10008.1.2.1'], true, { transferSyntaxUid: '1.2.840.10008.1.2.1' }],
    [MR, ['1.2.840.10008.1.2.4.100', '1.2.3'], true, 'transfer'],
    [
      '1.2.840.10008.1.1',
      ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2'],
      false,
      { transferSyntaxUid: '1.2.840.10008.1.2' },
    ],
    ['1.2.840.10008.1.20.1', ['1.2.840.10008.1.2'], true, { transferSyntaxUid: '1.2.840.10008.1.2' }],
    ['1.2.840.10008.1.20.1', ['1.2.840.10008.1.2'], false, 'abstract'],
    ['1.2.840.10008.5.1.4.1.2.2.1', ['1.2.840.10008.1.2'], true, 'abstract'],
  ])('%s %s, commitment %s: %j', (abstract, transfers, commitment, agreed) => {
    expect(agreeOn(abstract, transfers, commitment)).toEqual(agreed)
  })
})
