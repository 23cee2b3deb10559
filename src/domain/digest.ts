// The digest that identifies content everywhere in the service.
import { createHash } from 'node:crypto'

/** SHA-256 (FIPS 180-4) of bytes or of a text in UTF-8, in lowercase hexadecimal. */
export function sha256Of(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex')
}
