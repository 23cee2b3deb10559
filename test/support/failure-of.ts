// What an action fails with: that it fails, and that the error is one of the catalogue, is asserted.
import { expect } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'

export async function failureOf(action: Promise<unknown>): Promise<AppError> {
  const error = await action.then(
    () => undefined,
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(AppError)
  return error as AppError
}

/** The same of what throws at once. */
export function refusalOf(action: () => unknown): AppError {
  try {
    action()
  } catch (error) {
    expect(error).toBeInstanceOf(AppError)
    return error as AppError
  }
  throw new Error('nothing was refused')
}
