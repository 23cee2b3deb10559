// The body of an answer within limits: neither endless nor so slow that it would never end.
import { AppError } from '../domain/errors.ts'
import { LIMITS } from '../domain/limits.ts'
import type { Asked } from './errors.ts'

export interface BodyLimits {
  bytes: number
  /** The minimum average rate over the time spent waiting for chunks; a slow reader does not make the archive late. */
  bytesPerSecond: number
  /** The rate is not judged before this time has passed. */
  graceMs: number
}

export const bodyLimits = (graceMs: number): BodyLimits => ({
  bytes: LIMITS.answerBytes,
  bytesPerSecond: LIMITS.answerBytesPerSecond,
  graceMs,
})

/** `next` returns the chunks, undefined at the end; `now` counts milliseconds. Throws ARCHIVE_NOT_DICOMWEB and ARCHIVE_TIMEOUT. */
export async function* boundedBody(
  next: () => Promise<Uint8Array | undefined>,
  limits: BodyLimits,
  now: () => number,
  request: Asked,
): AsyncGenerator<Uint8Array, void> {
  let bytes = 0
  let waitedMs = 0
  for (;;) {
    const since = now()
    const chunk = await next()
    waitedMs += now() - since
    if (chunk === undefined) return
    bytes += chunk.length
    if (bytes > limits.bytes)
      throw new AppError(
        'ARCHIVE_NOT_DICOMWEB',
        `the answer to ${request.what} is over ${limits.bytes} bytes (${request.target})`,
      )
    if (waitedMs > limits.graceMs && bytes * 1000 < limits.bytesPerSecond * waitedMs)
      throw new AppError(
        'ARCHIVE_TIMEOUT',
        `the archive sent ${bytes} bytes in ${Math.round(waitedMs / 1000)} s, less than ${limits.bytesPerSecond} a second, in answer to ${request.what} (${request.target})`,
      )
    yield chunk
  }
}
