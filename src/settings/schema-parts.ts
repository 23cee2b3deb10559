// Building blocks of the settings schema, each with the message that a person gets if a value does not fit.
import { z } from 'zod'
import { baseUrlOf } from '../domain/base-url.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export const MINUTE = 60_000

export const url = (description: string) =>
  z
    .url({ protocol: /^https?$/, error: 'must be a URL that begins with http:// or https://' })
    .refine((text) => !hasCredentials(text), 'must not hold a user or password; use auth')
    .transform(baseUrlOf)
    .describe(description)
export const uri = (description: string) =>
  z
    .string()
    .regex(/^(https?:\/\/|urn:)[^\s|,$\\]+$/, 'must be an absolute URI (http, https or urn) without spaces, "|" or ","')
    .describe(description)
export const whole = (least: number, most: number) =>
  z
    .int({ error: 'must be a whole number' })
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`)
export const filled = (description: string) => z.string().min(1, 'must not be empty').describe(description)
export const flag = (description: string) => z.boolean({ error: 'must be true or false' }).describe(description)

export function pattern(description: string) {
  return z
    .string()
    .min(1, 'must not be empty')
    .refine((text) => {
      try {
        return new RegExp(text, 'iu') instanceof RegExp
      } catch {
        return false
      }
    }, 'must be a regular expression')
    .describe(description)
}

export const BY_TYPE = { error: 'must have a known "type"' }

/** Codes as "system|code". */
export function codes() {
  return z
    .array(z.string().regex(/^[^\s|,]+\|[^\s|,]+$/, 'must be "system|code"'))
    .default([])
    .describe('Codes, each as "system|code".')
}

function hasCredentials(text: string): boolean {
  const parsed = URL.parse(text)
  return parsed !== null && (parsed.username !== '' || parsed.password !== '')
}

const REFERENCE =
  'must be a reference like {"env": "NAME_OF_THE_VARIABLE"} or {"file": "/path/to/it"}; secrets do not stand in the file'

/** The key under which a secret file's content is stored among the variables once it has been read; no variable can have such a name. */
export const fileVariable = (path: string) => `file:${path}`
/** Likewise for the reason why it could not be read. */
export const fileProblem = (path: string) => `problem:${path}`

/** Settings contain secrets only as references: to an environment variable, or to a file that contains nothing else. */
export function secretOf(env: Environment) {
  return (description: string) =>
    z
      .strictObject(
        {
          env: z.exactOptional(
            z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable'),
          ),
          file: z.exactOptional(z.string().min(1, 'must be the path of a file')),
        },
        { error: REFERENCE },
      )
      .transform(({ env: name, file }, context) => {
        const refuse = (message: string) => {
          context.addIssue({ code: 'custom', message })
          return z.NEVER
        }
        if ((name === undefined) === (file === undefined)) return refuse(REFERENCE)
        const value = env[name ?? fileVariable(file!)]
        if (value !== undefined && value !== '') return value
        if (name !== undefined) return refuse(`names the environment variable ${name}, which is not set`)
        const problem = env[fileProblem(file!)]
        return refuse(problem === undefined ? `names the file ${file}, which is empty` : `names a file: ${problem}`)
      })
      .describe(description)
}

/** PEM files for a port to which others connect. */
export function tlsFiles(callers: string) {
  return z.strictObject({
    cert: filled('File with our certificate, PEM.'),
    key: filled('File with its private key, PEM.'),
    ca: z.exactOptional(filled(`File with the authority of the ${callers}, PEM: each must show a certificate of it.`)),
  })
}

export type Secret = ReturnType<typeof secretOf>

/** Credentials that both archive and EHR support. */
export function credentials(secret: Secret) {
  const none = z.strictObject({ type: z.literal('none') })
  const basic = z.strictObject({
    type: z.literal('basic'),
    username: filled('User name.'),
    password: secret('Password, by reference.'),
  })
  const bearer = z.strictObject({ type: z.literal('bearer'), token: secret('Token, by reference.') })
  return { none, basic, bearer }
}

export function timeZone(description: string) {
  return z
    .string()
    .refine((name) => {
      try {
        return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
      } catch {
        return false
      }
    }, 'must be an IANA time zone such as Europe/Berlin')
    .describe(description)
}
