import { expect } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'

/** The error with which `action` fails; that it does, and that the error is one of the catalogue, is asserted. */
export async function failureOf(action: Promise<unknown>): Promise<AppError> {
  const error = await action.then(
    () => undefined,
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(AppError)
  return error as AppError
}
