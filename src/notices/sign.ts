// Signs what is posted, by the scheme in which hints are signed to us: HMAC-SHA256 of the body, in hexadecimal.
import { createHmac } from 'node:crypto'

export const SIGNATURE_HEADER = 'x-hub-signature-256'

export function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}
