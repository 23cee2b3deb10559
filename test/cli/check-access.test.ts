// check-config on who may come in: what must be registered, providers that answer, and each one that does not by its setting.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkAccess } from '../../src/cli/checks/access.ts'
import { outcomeOf } from '../../src/cli/checks/check.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts'

const ours = 'https://glioma.example'
let idp: IdentityProvider
beforeAll(async () => {
  idp = await startIdentityProvider({ redirectUri: `${ours}/sign-in/callback`, people: { dora: {} } })
})
afterAll(() => idp.close())

const check = (access: object, http: object = { publicUrl: ours }) => {
  const ehr = { url: 'http://127.0.0.1:9', identifierSystem: 'urn:oid:1.2', analysisSystem: 'urn:oid:1.3' }
  const settings = parseSettings({ pacs: { url: 'http://127.0.0.1:9' }, ehr, http, access }, {})
  return outcomeOf({ name: 'access', run: () => checkAccess(settings) })
}
const oidc = () => ({ issuer: idp.issuer, clientId: 'g', roles: { viewer: ['x'] } })

it('says what must be registered, and which providers answer', async () => {
  const { ok, lines } = await check({
    oidc: oidc(),
    smart: [{ issuer: idp.ehr, clientId: 'g' }],
    cdsClients: [{ issuer: 'https://ehr.example', jwksUrl: `${idp.issuer}/jwks` }],
    accounts: true,
  })
  const text = lines.join('\n')
  expect([ok, text]).toEqual([true, expect.stringContaining(`redirect address ${ours}/sign-in/callback`)])
  expect(text).toContain(`launch address ${ours}/launch`)
  expect(text).toContain(`backchannel_logout_uri ${ours}/sign-in/back-channel`)
  expect(text).toContain(`access.oidc: ${idp.issuer} answers and signs people in at ${idp.issuer}/auth`)
  expect(text).toContain(`access.smart.0: ${idp.ehr} answers`)
  expect(text).toMatch(/access\.cdsClients\.0: .* has \d keys?/)
  expect(text).toContain('http.frameAncestors names no origin')
})

it('names every provider that does not answer, and says who comes in where nobody signs in', async () => {
  const nowhere = 'http://127.0.0.1:9'
  const { ok, lines } = await check({
    oidc: { ...oidc(), issuer: nowhere },
    cdsClients: [{ issuer: 'x', jwksUrl: `${nowhere}/jwks` }],
  })
  expect(ok).toBe(false)
  expect(lines.filter((line) => line.includes('IDENTITY_UNREACHABLE')).map((line) => line.split(':')[0])).toEqual([
    'access.oidc',
    'access.cdsClients.0',
  ])
  expect((await check({}, {})).lines).toEqual(['nobody signs in here (access): whoever reaches the pages'])
})
