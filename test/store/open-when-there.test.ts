// A database that comes up after the service: waited for, later each time; one that refuses is no wait.
import { expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { databaseError } from '../../src/store/database.ts'
import { openStoreWhenThere } from '../../src/store/open-when-there.ts'
import type { Store } from '../../src/store/store.ts'
import { createKeptLog } from '../support/quiet-log.ts'

const store = {} as Store
const place = { databaseUrl: 'postgres://127.0.0.1:9/none' }

function setUp(failures: AppError[]) {
  const slept: number[] = []
  const log = createKeptLog()
  const stopping = new AbortController()
  const clock = {
    now: () => new Date(0),
    sleep: async (milliseconds: number) => {
      slept.push(milliseconds / 1000)
      if (slept.length === 9) stopping.abort()
    },
  }
  const codes: string[] = []
  const opened = openStoreWhenThere(
    { ...place, clock, log },
    { clock, log, signal: stopping.signal, onWait: (code) => codes.push(code) },
    async () => {
      const failure = failures.shift()
      if (failure) throw failure
      return store
    },
  )
  return { opened, slept, log, codes }
}
const away = () => new AppError('DATABASE_UNREACHABLE', 'the database did not answer (ECONNREFUSED)')

it('waits, says so in the log, and opens it once it is there', async () => {
  const { opened, slept, log, codes } = setUp([away(), away(), away()])
  expect(await opened).toBe(store)
  expect(slept).toEqual([1, 2, 4])
  expect(codes).toEqual(Array(3).fill('DATABASE_UNREACHABLE'))
  expect(log.lines.map(({ fields }) => fields.waitSeconds)).toEqual([1, 2, 4])
})

it('never waits longer than half a minute at once, and ends when it is told to', async () => {
  const { opened, slept } = setUp(Array.from({ length: 20 }, away))
  await expect(opened).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' })
  expect(slept).toEqual([1, 2, 4, 8, 16, 30, 30, 30, 30])
})

it.each([
  ['28P01', 'password'],
  ['28000', 'pg_hba.conf'],
  ['3D000', 'no such database'],
  ['42501', 'lacks a right'],
])('does not wait where PostgreSQL refuses (%s)', async (code, words) => {
  const refused = databaseError(Object.assign(new Error('secret'), { code }))
  expect(refused).toMatchObject({ code: 'DATABASE_REFUSED', class: 'permanent' })
  expect(refused.message).toContain(words)
  expect(refused.message).not.toContain('secret')
  const { opened, slept } = setUp([refused])
  await expect(opened).rejects.toBe(refused)
  expect(slept).toEqual([])
})

it('waits for one that starts up or shuts down (57P03, 57P01)', () => {
  for (const code of ['57P03', '57P01', 'ECONNREFUSED', 'ENOTFOUND'])
    expect(databaseError(Object.assign(new Error('x'), { code })).code).toBe('DATABASE_UNREACHABLE')
})
