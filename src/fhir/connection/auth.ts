// Credentials for the FHIR server: none, Basic, a fixed bearer, or a cached token of OAuth 2.0 client credentials or SMART Backend Services.

import { randomUUID } from 'node:crypto'
import type { AuthEffects, EhrAuth } from './auth-settings.ts'
import { basic, createTokenSource, readKeyFile } from './tokens.ts'
import type { Credentials } from './transport.ts'

/** Tokens are dropped a little before they expire, so that none expires in transit. */
const MARGIN_SECONDS = 30

export function createCredentials(
  auth: EhrAuth,
  effects: Omit<AuthEffects, 'newId' | 'readText'> & Partial<AuthEffects>,
): Credentials {
  if (auth.type === 'none') return fixed(undefined)
  if (auth.type === 'bearer') return fixed(`Bearer ${auth.token}`)
  if (auth.type === 'basic') return fixed(basic(auth.username, auth.password))
  const source = createTokenSource(auth, { newId: randomUUID, readText: readKeyFile, ...effects })
  let current: { header: string; until: number } | undefined
  let underway: Promise<string> | undefined
  const request = async () => {
    const { value, lifetimeSeconds } = await source()
    const header = `Bearer ${value}`
    const margin = Math.min(MARGIN_SECONDS, lifetimeSeconds / 2)
    current = { header, until: effects.now().getTime() + (lifetimeSeconds - margin) * 1000 }
    return header
  }
  return {
    async authorization() {
      if (current && effects.now().getTime() < current.until) return current.header
      underway ??= request().finally(() => {
        underway = undefined
      })
      return underway
    },
    renew() {
      current = undefined
      return true
    },
  }
}

function fixed(header: string | undefined): Credentials {
  return { authorization: async () => header, renew: () => false }
}
