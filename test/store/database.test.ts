// Errors of a database become ours without quoting rows, and tell "not there now" from the rest.
import { expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { databaseError } from '../../src/store/database.ts'

const coded = (code: string, message = 'Key (patient_name)=(Doe) already exists') =>
  Object.assign(new Error(message), { code })

it.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EPIPE', '57P01', '57P03', '08006', '53300'])(
  '%s means unreachable',
  (code) => {
    expect(databaseError(coded(code))).toMatchObject({ code: 'DATABASE_UNREACHABLE', class: 'transient' })
  },
)

it.each(['Connection terminated unexpectedly', 'timeout exceeded when trying to connect'])(
  '"%s" means unreachable',
  (message) => {
    expect(databaseError(new Error(message)).code).toBe('DATABASE_UNREACHABLE')
  },
)

it('looks into the attempts on several addresses of one host', () => {
  expect(databaseError(new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')])).code).toBe(
    'DATABASE_UNREACHABLE',
  )
})

it('names a disk without room, which is no lack of an answer', () => {
  expect(databaseError(coded('53100'))).toMatchObject({
    code: 'DISK_FULL',
    class: 'transient',
    message: 'the database has no room on its disk (53100)',
  })
})

it('keeps the SQLSTATE and drops the text, which quotes rows', () => {
  const error = databaseError(coded('23505'))
  expect(error).toMatchObject({ code: 'INTERNAL', message: 'database error 23505' })
  expect(databaseError(new TypeError('Doe')).message).toBe('database error TypeError')
})

it('lets our own errors through', () => {
  const own = new AppError('NOT_FOUND', 'no analysis x')
  expect(databaseError(own)).toBe(own)
})
