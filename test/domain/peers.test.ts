// Outages of PACS and EHR: known from the first failure, told once, ended by the first good answer.
import { expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { areUp, createPeerWatch, type PeerState } from '../../src/domain/peers.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 3, minute))
const iso = (minute: number) => at(minute).toISOString()

it('keeps when an outage began, tells its beginning and its end once, and counts what a page must show anew', () => {
  const told: PeerState[] = []
  const watch = createPeerWatch(['pacs', 'ehr'], (state) => told.push(state))
  expect(watch.states()).toEqual([{ peer: 'pacs' }, { peer: 'ehr' }])
  expect(areUp(watch.states())).toBe(false)

  watch.good('pacs', at(0))
  watch.good('ehr', at(0))
  expect([told.length, watch.changes(), areUp(watch.states())]).toEqual([0, 2, true])

  watch.failed('pacs', new AppError('ARCHIVE_UNREACHABLE', 'nothing listens there'), at(5))
  watch.failed('pacs', new AppError('ARCHIVE_UNREACHABLE', 'nothing listens there'), at(7))
  watch.failed('pacs', new AppError('ARCHIVE_AUTH', 'the archive answered 401'), at(9))
  expect(watch.states()[0]).toMatchObject({
    up: false,
    goodAt: iso(0),
    failing: { since: iso(5), code: 'ARCHIVE_AUTH', hint: expect.stringContaining('credentials') },
  })
  expect(areUp(watch.states())).toBe(false)

  watch.good('pacs', at(11))
  expect(watch.states()[0]).toEqual({ peer: 'pacs', up: true, goodAt: iso(11) })
  expect(told.map(({ peer, up, failing }) => [peer, up, failing?.code])).toEqual([
    ['pacs', false, 'ARCHIVE_UNREACHABLE'],
    ['pacs', false, 'ARCHIVE_AUTH'],
    ['pacs', true, undefined],
  ])
  expect(watch.changes()).toBe(5)
})

it('tells an outage that was there from the start, and not that a peer is well from the start', () => {
  const told: PeerState[] = []
  const watch = createPeerWatch(['pacs', 'ehr'], (state) => told.push(state))
  watch.failed('ehr', new AppError('EHR_AUTH', 'GET Patient: status 401'), at(1))
  watch.good('pacs', at(1))
  expect(told.map(({ peer }) => peer)).toEqual(['ehr'])
  expect(watch.states()[1]?.goodAt).toBeUndefined()
})
