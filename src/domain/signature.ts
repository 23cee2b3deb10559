// The signature on requests posted to us and by us: HMAC-SHA256 of the body, in hexadecimal.
import { createHmac } from 'node:crypto'

/** Its value is "sha256=" and the signature. */
export const SIGNATURE_HEADER = 'x-hub-signature-256'

export function signatureOf(body: string, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('hex')
}
