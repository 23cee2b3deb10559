// Whether a stored resource already says what we want: servers add, move and reformat, which is no reason for a new version.
import type { Resource } from '@medplum/fhirtypes'
import { relativeReference } from '../resources/identifiers.ts'

/** Elements that servers own or rewrite. */
const IGNORED = new Set(['meta', 'text', 'id'])

/**
 * The top-level elements in which the stored resource lacks or contradicts the required one; empty means there is nothing to
 * write. What a server or a person added does not count.
 */
export function differingElements(stored: Resource, desired: Resource): string[] {
  const have = stored as unknown as Record<string, unknown>
  return Object.entries(desired).flatMap(([name, value]) =>
    IGNORED.has(name) || covers(have[name], value, name) ? [] : [name],
  )
}

function covers(have: unknown, want: unknown, name: string): boolean {
  if (want === undefined) return true
  // The time of writing is no reason to write again.
  if (name === 'issued') return have !== undefined
  if (Array.isArray(want)) {
    return Array.isArray(have) && have.length === want.length && want.every((item, i) => covers(have[i], item, name))
  }
  if (typeof want === 'object' && want !== null) {
    if (typeof have !== 'object' || have === null) return false
    const stored = have as Record<string, unknown>
    return Object.entries(want).every(
      ([key, value]) => coversContent(stored, want, key) || covers(stored[key], value, key),
    )
  }
  if (typeof want === 'string' && typeof have === 'string') {
    if (name === 'reference') return relativeReference(have) === relativeReference(want)
    if (/^\d{4}-\d\d-\d\dT/.test(want)) return Date.parse(have) === Date.parse(want)
  }
  return have === want
}

/** An attachment's bytes are compared by hash; a server may move them to a URL of its own. */
function coversContent(have: Record<string, unknown>, want: object, key: string): boolean {
  if ((key !== 'data' && key !== 'url') || !('hash' in want)) return false
  return have.hash === want.hash && (have.data !== undefined || have.url !== undefined)
}
