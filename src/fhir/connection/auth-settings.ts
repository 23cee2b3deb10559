// How the service proves itself to the FHIR server, as the settings state it, and what that takes of the world.

export type EhrAuth =
  | { type: 'none' }
  | { type: 'basic'; username: string; password: string }
  | { type: 'bearer'; token: string }
  | {
      type: 'client-credentials'
      /** Asked of the server (.well-known/smart-configuration) when left out. */
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
  /** FHIR base URL without a slash at its end. */
  baseUrl: string
  send: typeof fetch
  timeoutMs: number
  now(): Date
  newId(): string
  readText(path: string): Promise<string>
}
