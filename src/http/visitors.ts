// Whom a request is from: a person who signed in here, the name of a Basic sign-in, or nobody known.
import type { Context } from 'hono'
import type { Visitor } from '../domain/access.ts'
import type { Reviewer } from '../domain/review.ts'

declare module 'hono' {
  interface ContextVariableMap {
    visitor?: Visitor
  }
}

/** The person who signed in here; their decisions are recorded under this name. */
export function personOf(c: Context): Reviewer | undefined {
  return c.get('visitor')?.person
}

/** For the audit trail. A token alone does not say who holds it. */
export function userOf(c: Context): { identifier: string; name: string } | undefined {
  const person = personOf(c)
  if (person) return { identifier: person.identifier, name: person.name }
  const name = basicName(c.req.header('authorization'))
  return name === undefined ? undefined : { identifier: name, name }
}

/** A body that names the person who signed in, whatever the request says: `by` for requests, "Dora Nine (P-77)". */
export function askedBy(c: Context, body: unknown): unknown {
  const person = personOf(c)
  if (!person || typeof body !== 'object' || body === null) return body
  return { ...body, by: `${person.name.slice(0, 100 - person.identifier.length - 3)} (${person.identifier})` }
}

/** The same for releasing a hold, which somebody must confirm only if a patient is named. */
export function confirmedBy(c: Context, body: unknown): unknown {
  const names = typeof body === 'object' && body !== null && 'patient' in body
  return names ? askedBy(c, body) : body
}

/** The same for a page that is open for a decision. */
export function claimedBy(c: Context, body: unknown): unknown {
  const person = personOf(c)
  if (!person || typeof body !== 'object' || body === null) return body
  return { ...body, identifier: person.identifier, name: person.name }
}

/** The same for a review. */
export function reviewedBy(c: Context, body: unknown): unknown {
  const person = personOf(c)
  return person && typeof body === 'object' && body !== null ? { ...body, reviewer: person } : body
}

function basicName(header: string | undefined): string | undefined {
  const [scheme = '', value = ''] = (header ?? '').split(' ')
  if (scheme.toLowerCase() !== 'basic') return undefined
  const [name = ''] = Buffer.from(value, 'base64').toString('utf8').split(':')
  return name.slice(0, 100) || undefined
}
