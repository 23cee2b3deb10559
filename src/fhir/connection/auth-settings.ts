// How the service authenticates to the FHIR server, as configured, and what it needs for that.

export type EhrAuth =
  | { type: 'none' }
  | { type: 'basic'; username: string; password: string }
  | { type: 'bearer'; token: string }
  | {
      type: 'client-credentials'
      /** Discovered from the server (.well-known/smart-configuration) by default. */
      tokenUrl?: string
      clientId: string
      clientSecret: string
      clientAuthentication?: 'basic' | 'post'
      scope?: string
    }
  | {
      type: 'smart-backend'
      tokenUrl?: string
      clientId: string
      /** Files with one private JWK each: the first signs, all are published. */
      keyFiles: readonly string[]
      scope: string
    }

export interface AuthEffects {
  /** FHIR base URL without a trailing slash. */
  baseUrl: string
  send: typeof fetch
  timeoutMs: number
  now(): Date
  newId(): string
  readText(path: string): Promise<string>
}
