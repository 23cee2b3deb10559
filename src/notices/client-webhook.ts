// Notices by a signed webhook.
import { AppError } from '../domain/errors.ts'
import type { NoticeChannel } from '../domain/ports/notices.ts'
import { SIGNATURE_HEADER, signatureOf } from '../domain/signature.ts'
import { type ContentOptions, webhookBody } from './content.ts'

export interface WebhookTarget {
  url: string
  secret: string
  fetch?: typeof fetch
}

const TIMEOUT_MS = 30_000
const LATER = new Set([408, 425, 429])
/** The connection was never made: nothing was sent. */
const NOT_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/

/** Idempotency-Key identifies the notice, so that a receiver that remembers keys takes it once. */
export function createWebhookChannel(target: WebhookTarget, options: ContentOptions): NoticeChannel {
  const { url, secret } = target
  const send = target.fetch ?? fetch
  const { origin } = new URL(url)
  const destination = `webhook ${origin}`
  return {
    destination,
    async send(notice, records) {
      const body = webhookBody(notice, records, options)
      let response: Response
      try {
        response = await send(url, {
          method: 'POST',
          redirect: 'manual',
          headers: {
            'content-type': 'application/json',
            'idempotency-key': notice.noticeId,
            [SIGNATURE_HEADER]: `sha256=${signatureOf(body, secret)}`,
          },
          body,
          signal: AbortSignal.timeout(TIMEOUT_MS),
        })
      } catch (thrown) {
        const { code = (thrown as Error).name } = ((thrown as Error).cause ?? {}) as { code?: string }
        if (NOT_SENT.test(code))
          throw new AppError('NOTICE_UNREACHABLE', `${destination} cannot be reached (${code})`, { cause: thrown })
        throw new AppError('NOTICE_AMBIGUOUS', `the answer of ${destination} was lost (${code})`, { cause: thrown })
      }
      const { status, headers } = response
      // Apart from its status, the answer is ignored.
      await response.body?.cancel()
      if (status >= 200 && status < 300) return { status: String(status) }
      if (status >= 500 || LATER.has(status)) {
        const retryAfterSeconds = Number(headers.get('retry-after'))
        throw new AppError('NOTICE_UNREACHABLE', `${destination} answered ${status}`, {
          ...(retryAfterSeconds > 0 && { retryAfterSeconds: retryAfterSeconds }),
        })
      }
      throw new AppError('NOTICE_REFUSED', `${destination} answered ${status}`)
    },
  }
}
