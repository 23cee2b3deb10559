// How long the archive may be silent over one request, before and within its answer.
import { AppError } from '../domain/errors.ts'
import type { Asked } from './errors.ts'

export interface Silence {
  signal: AbortSignal
  /** Waits for the promise, but no longer than the limit since the last touch. */
  during<T>(promise: Promise<T>): Promise<T>
  /** Something arrived: the limit starts again. */
  touch(): void
  abort(): void
}

/** Only waiting counts: a slow reader of the answer does not make the archive late. */
export function limitSilence(timeoutMs: number, request: Asked): Silence {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  return {
    signal: controller.signal,
    abort: () => controller.abort(),
    touch: () => timer?.refresh(),
    async during(promise) {
      const error = new AppError(
        'ARCHIVE_TIMEOUT',
        `the archive sent nothing for ${timeoutMs} ms in answer to ${request.what} (${request.target})`,
      )
      timer = setTimeout(() => controller.abort(error), timeoutMs)
      try {
        return await promise
      } finally {
        clearTimeout(timer)
        timer = undefined
      }
    },
  }
}

export function* watchUpload(upload: Iterable<Uint8Array>, silence: Silence): Generator<Uint8Array, void> {
  for (const slice of upload) {
    silence.touch()
    yield slice
  }
  silence.touch()
}
