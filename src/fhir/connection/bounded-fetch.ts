// A fetch with a size limit on answers: one that exceeds it fails like a lost connection.
import { LIMITS } from '../../domain/limits.ts'

class AnswerTooLarge extends Error {
  readonly code = 'ANSWER_TOO_LARGE'
}

export function boundedFetch(send: typeof fetch, mostBytes: number = LIMITS.jsonBytes): typeof fetch {
  return async (input, init) => {
    const response = await send(input, init)
    if (response.body === null) return response
    let bytes = 0
    const bounded = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.length
        if (bytes > mostBytes) controller.error(new AnswerTooLarge(`over ${mostBytes} bytes`))
        else controller.enqueue(chunk)
      },
    })
    const { status, statusText, headers } = response
    return new Response(response.body.pipeThrough(bounded), { status, statusText, headers })
  }
}
