// The content of an audit row, as its text says it.
import { expect, it } from 'vitest'
import { canonicalText } from '../../src/domain/canonical-text.ts'
import { contentIn } from '../../src/store/audit-chain.ts'

const CONTENT = {
  action: 'write',
  target: 'ehr',
  studyInstanceUid: '1.2.3',
  what: 'DiagnosticReport',
  outcome: 'success',
  interaction: 'create',
  objects: ['DiagnosticReport/1'],
  user: { identifier: 'u', name: 'Ada' },
  position: 4,
  at: '2026-03-01T03:00:00.000Z',
  host: 'h',
}

it('is read whole, with members that a later version may add', () => {
  const content = { ...CONTENT, purpose: 'treatment' }
  expect(contentIn(canonicalText(content), '4')).toEqual(content)
})

it.each([
  ['no JSON', '{"action"'],
  ['another action', canonicalText({ ...CONTENT, action: 'look' })],
  ['no position', canonicalText({ ...CONTENT, position: null })],
  ['no list of objects', canonicalText({ ...CONTENT, objects: 'DiagnosticReport/1' })],
])('is refused by the name of its row with %s', (_, text) => {
  expect(() => contentIn(text, '4')).toThrow('row 4 of the audit trail is damaged')
})
