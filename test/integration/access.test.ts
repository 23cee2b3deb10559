// From a launch in the EHR to a signed report, in a real browser: our pages in a frame of another site, a real identity provider, PACS and EHR.
// Also the sign-in page by itself, with the provider's own pages.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bundle, DiagnosticReport, Patient } from '@medplum/fhirtypes'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { demoSettings } from '../../demo/demo-settings.ts'
import { type GeneratedStudy, generateStudy } from '../../demo/phantom/study.ts'
import { IDENTIFIER_SYSTEM, openServers, type Servers } from '../../demo/servers.ts'
import { compose, type Service } from '../../src/compose.ts'
import type { AnalysisRecord } from '../../src/domain/analysis.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import { SIGN_IN } from '../../src/wording/sign-in.ts'
import { type Browser, startBrowser, type Tab } from '../support/browser.ts'
import { selfSigned } from '../support/certificates.ts'
import { freePort } from '../support/free-port.ts'
import { CLIENT, type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts'
import { keepPicture } from '../support/keep-picture.ts'
import { quietLog } from '../support/quiet-log.ts'
import { eventually } from '../support/service-process.ts'

const STAFF = 'https://hospital.example/staff'
const QUICK_BUNDLE = fileURLToPath(new URL('../golden/inference/quick-bundle', import.meta.url))

let folder: string
let servers: Servers
let study: GeneratedStudy
/** Signs people in by itself, as an EHR does in which they are signed in; and with pages of its own. */
let ehr: IdentityProvider
let idp: IdentityProvider
let service: Service
let browser: Browser
let tab: Tab
let ours: string
let record: AnalysisRecord

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-access-'))
  study = await generateStudy({ seed: 3, size: 'small' })
  servers = await openServers({ environment: {} }, folder, study.patient)
  const port = await freePort()
  // Another site than the EHR's 127.0.0.1, so that the cookie in the frame is one of a third party.
  ours = `https://localhost:${port}`
  const redirectUri = `${ours}/sign-in/callback`
  const people = {
    dora: { name: 'Dora Nine', preferred_username: 'P-77', fhirUser: 'Practitioner/d9' },
    vera: { name: 'Vera Viewer', preferred_username: 'P-12', groups: ['radiology'] },
  }
  const page = () =>
    `<!doctype html><title>Chart</title><body style="margin:0;font:15px sans-serif;background:#e8ecf0"><p style="margin:.8rem 1.2rem"><strong>Chart of the patient</strong> · Glioma</p><iframe title="Gliabridge" style="width:100%;height:820px;border:0" src="${ours}/launch?iss=${encodeURIComponent(ehr.ehr)}&launch=abc"></iframe>`
  const [ehrKey, idpKey] = [await clientKey('RS384'), await clientKey('ES384')]
  ehr = await startIdentityProvider({ redirectUri, people, page, clientKeys: [ehrKey.registered] })
  idp = await startIdentityProvider({ redirectUri, people, interactive: true, clientKeys: [idpKey.registered] })
  const raw = {
    ...demoSettings(servers, { dataDir: join(folder, 'state'), port }),
    inference: { bundle: QUICK_BUNDLE },
    http: {
      port,
      publicUrl: ours,
      tls: selfSigned(folder, 'localhost', 'DNS:localhost,IP:127.0.0.1'),
      frameAncestors: [new URL(ehr.issuer).origin],
    },
    access: {
      oidc: {
        issuer: idp.issuer,
        clientId: CLIENT.clientId,
        keyFiles: [idpKey.file],
        roles: { viewer: ['radiology'] },
      },
      smart: [
        {
          issuer: ehr.ehr,
          name: 'Orbis',
          clientId: CLIENT.clientId,
          keyFiles: [ehrKey.file],
          identifierSystem: STAFF,
          roles: ['reviewer'],
        },
      ],
      accounts: true,
    },
  }
  service = await compose(parseSettings(raw, {}), { log: quietLog })
  await service.start({ watch: false, http: true })
  await service.archive.store(study.studyInstanceUid, study.instances)
  record = await service.settled(await service.submit(study.studyInstanceUid))
  // The certificate is our own; third-party cookies are refused, as they are by more and more browsers.
  browser = await startBrowser({}, [
    '--ignore-certificate-errors',
    '--test-third-party-cookie-phaseout',
    '--site-per-process',
  ])
  tab = await browser.tab()
}, 600_000)
afterAll(async () => {
  await browser?.close()
  await service?.stop()
  await Promise.all([servers?.close(), ehr?.close(), idp?.close()])
  await rm(folder, { recursive: true, force: true })
})

/** A private key of ours in a file, and what is registered of it at the provider. */
async function clientKey(alg: 'RS384' | 'ES384') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const file = join(folder, `client-${alg}.jwk`)
  await writeFile(file, JSON.stringify({ ...(await exportJWK(privateKey)), kid: alg }), { mode: 0o600 })
  return { file, registered: { ...(await exportJWK(publicKey)), kid: alg, alg } }
}

async function search<T>(query: string): Promise<T[]> {
  const bundle = (await (await fetch(`${servers.ehr.url}/${query}`)).json()) as Bundle
  return (bundle.entry ?? []).map(({ resource }) => resource as T)
}

it('from a launch in the EHR to a report that is signed in PACS and EHR', async () => {
  expect(record.state).toBe('delivered')
  const [patient] = await search<Patient>(
    `Patient?identifier=${encodeURIComponent(`${IDENTIFIER_SYSTEM}|${study.patient.patientId}`)}`,
  )
  ehr.context.patient = patient!.id!
  ehr.context.practitioner = { name: [{ text: 'Dora Nine' }], identifier: [{ system: STAFF, value: 'P-77' }] }

  await tab.open(`${ehr.issuer}/chart`)
  const frame = await browser.frame(`${ours}/analyses/${record.analysisId}`)
  await frame.until(`document.querySelector('.review-form')?.dataset.ready === ''`)
  expect(await frame.evaluate(`document.querySelector('.who').textContent`)).toContain('Dora Nine')
  expect(await frame.evaluate(`document.querySelector('[name="identifier"]')`)).toBeNull()
  await frame.evaluate('document.fonts.ready.then(() => true)')
  expect(await frame.evaluate(`getComputedStyle(document.querySelector('[data-meanwhile]')).display`)).toBe('none')
  await keepPicture('access-launched', await tab.picture())
  await frame.evaluate(`document.querySelector('[name="decision"][value="accept"]').click()`)
  await frame.evaluate(`document.querySelector('.review').scrollIntoView()`)
  await keepPicture('access-deciding', await tab.picture())
  await frame.evaluate(`document.querySelector('.review-form button[type="submit"]').click()`)
  await frame.until(`document.querySelector('.decision')?.textContent.includes('Accepted')`)
  await keepPicture('access-signed', await tab.picture())

  const signed = await eventually('the review in PACS and EHR', async () => {
    const [review] = await service.store.reviews.list(record.analysisId)
    return review?.deliveries.every(({ state }) => state === 'done') ? review : undefined
  })
  expect(signed.reviewer).toEqual({ identifier: 'P-77', system: STAFF, name: 'Dora Nine' })
  const reports = await search<DiagnosticReport>(`DiagnosticReport?subject=Patient/${patient!.id}`)
  expect(reports.map(({ status }) => status)).toEqual(['final'])
  expect(reports[0]?.resultsInterpreter).toEqual([
    { type: 'Practitioner', identifier: { system: STAFF, value: 'P-77' }, display: 'Dora Nine' },
  ])
  const receipt = signed.deliveries.find(({ leg }) => leg === 'pacs')?.receipt ?? {}
  expect(Object.keys(receipt).length).toBeGreaterThan(0)
}, 300_000)

it('shows nothing else in the frame: neither the worklist nor another patient', async () => {
  const frame = await browser.frame(`${ours}/analyses/`)
  const status = (path: string) => frame.evaluate<number>(`fetch(${JSON.stringify(path)}).then(({ status }) => status)`)
  expect(await status('/not-analysed')).toBe(403)
  expect(await status('/api/analyses')).toBe(403)
  expect(await status(`/api/analyses/${record.analysisId}`)).toBe(200)
})

it('signs in at the identity provider, sees what a viewer may, and signs out', async () => {
  await tab.open(`${ours}/`)
  await tab.until(`document.querySelector('.sign-in')`)
  expect(await tab.evaluate('location.pathname')).toBe('/sign-in')
  await keepPicture('access-sign-in', await tab.picture())
  await tab.evaluate(`document.querySelector('a[href^="/sign-in/oidc"]').click()`)
  await tab.until(`document.querySelector('[name="login"]')`)
  await tab.evaluate(`document.querySelector('[name="login"]').value = 'vera'`)
  await tab.evaluate(
    `document.querySelector('[name="password"]') && (document.querySelector('[name="password"]').value = 'x')`,
  )
  await tab.evaluate(`document.querySelector('form').submit()`)
  await tab.until(`document.querySelector('input[value="consent"]') || location.origin === ${JSON.stringify(ours)}`)
  await tab.evaluate(`location.origin === ${JSON.stringify(ours)} || document.querySelector('form').submit()`)
  await tab.until(`location.origin === ${JSON.stringify(ours)} && document.querySelector('.worklist')`)
  // Those before are of the provider's own pages, which ask for pictures of the internet.
  tab.errors.splice(0)
  await tab.evaluate('document.fonts.ready.then(() => true)')
  await keepPicture('access-worklist', await tab.picture())
  expect(await tab.evaluate(`document.querySelector('.who').textContent`)).toContain('Vera Viewer')
  await tab.open(`${ours}/analyses/${record.analysisId}`)
  expect(await tab.evaluate(`document.querySelector('.review-form')`)).toBeNull()
  await tab.until(`document.readyState === 'complete'`)
  expect(tab.errors).toEqual([])
  await tab.evaluate(`document.querySelector('.who button').click()`)
  // The provider signs the person out as well, once it has asked them.
  await tab.until(
    `location.origin === ${JSON.stringify(idp.issuer)} && document.querySelector('button[name="logout"]')`,
  )
  await tab.evaluate(`document.querySelector('button[name="logout"]').click()`)
  await tab.until(`location.origin === ${JSON.stringify(ours)} && document.querySelector('[role="alert"]')`)
  expect(await tab.evaluate('location.pathname + location.search')).toBe('/sign-in?said=both')
  expect(await tab.evaluate(`document.querySelector('[role="alert"]').textContent`)).toBe(SIGN_IN.said.both)
  await keepPicture('access-signed-out', await tab.picture())
  await tab.open(`${ours}/analyses/${record.analysisId}`)
  expect(await tab.evaluate('location.pathname')).toBe('/sign-in')
  await tab.evaluate(`document.querySelector('a[href^="/sign-in/oidc"]').click()`)
  await tab.until(`location.origin === ${JSON.stringify(idp.issuer)} && document.querySelector('[name="login"]')`)
})

it('showed the provider and the EHR by its keys who it is, and publishes what verifies them', async () => {
  expect(ehr.assertions.map(({ header }) => header.alg)).toEqual(['RS384'])
  expect(idp.assertions.map(({ header }) => header.alg)).toEqual(['ES384'])
  await tab.open(`${ours}/sign-in`)
  const { keys } = await tab.evaluate<{ keys: { kid: string; d?: string }[] }>(
    `fetch('/.well-known/jwks.json').then((answer) => answer.json())`,
  )
  expect(keys.map(({ kid }) => kid).sort()).toEqual(['ES384', 'RS384'])
  for (const key of keys) expect(key).not.toHaveProperty('d')
})
