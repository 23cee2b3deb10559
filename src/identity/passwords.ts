// Passwords of local accounts: Node's own scrypt (RFC 7914), at the cost that OWASP recommends, with the cost stored beside each hash.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** OWASP Password Storage Cheat Sheet: N = 2^15, r = 8, p = 3, about 32 MiB per guess. */
const COST = { logN: 15, r: 8, p: 3 }
const KEY_BYTES = 32
const SALT_BYTES = 16

/** NIST SP 800-63B: length is what counts; there are no rules on kinds of characters. */
const MIN_PASSWORD_LENGTH = 12
const MAX_PASSWORD_LENGTH = 200

/** What is wrong with a new password, in words that do not repeat it; undefined if nothing is. */
export function passwordProblem(password: string, login: string): string | undefined {
  if (/[\r\n]/.test(password)) return 'the standard input must have one line: the password'
  if (password.length < MIN_PASSWORD_LENGTH || password.length > MAX_PASSWORD_LENGTH)
    return `the password must have ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters`
  if (password.toLowerCase().includes(login.toLowerCase()))
    return 'the password must not have the name of the account in it'
  return undefined
}

/** "scrypt$15$8$3$<salt>$<key>", the last two in base64url. */
export async function hashPassword(password: string, cost = COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const key = await derive(password, salt, cost)
  return ['scrypt', cost.logN, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/** Takes equally long for people without an account: `stored` is then undefined, and the answer false. */
export async function isPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [kind, logN, r, p, salt = '', key = ''] = (stored ?? '').split('$')
  if (kind !== 'scrypt') {
    await derive(password, randomBytes(SALT_BYTES), COST)
    return false
  }
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) }
  const expected = Buffer.from(key, 'base64url')
  const given = await derive(password, Buffer.from(salt, 'base64url'), cost)
  return expected.length === given.length && timingSafeEqual(expected, given)
}

/** The same text however a keyboard composes it (Unicode NFKC, as in NIST SP 800-63B). */
function derive(password: string, salt: Buffer, { logN, r, p }: typeof COST) {
  const options = { N: 2 ** logN, r, p, maxmem: 256 * 2 ** logN * r }
  return new Promise<Buffer>((resolve, reject) =>
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  )
}
