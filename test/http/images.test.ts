// Images over HTTP: behind the sign-in of the page, audited as access, never kept by a browser, and gone when the spool is.
import { decode } from 'fast-png'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import type { AuditEntry } from '../../src/domain/ports/audit-trail.ts'
import type { SliceOutline } from '../../src/domain/shown-images.ts'
import { toPatient } from '../../src/domain/volume.ts'
import { createShownImages } from '../../src/viewer/shown.ts'
import { realClock } from '../support/real-clock.ts'
import { COARSE } from '../support/result.ts'
import { delivered, running } from '../support/sample-analyses.ts'
import { sampleApp } from '../support/sample-app.ts'
import { type SampleImages, sampleImages } from '../support/sample-images.ts'

let images: SampleImages
beforeAll(async () => {
  images = await sampleImages(delivered.analysisId, COARSE)
})
afterAll(() => images?.remove())

const TOKEN = 'a-token-of-sufficient-length'
const as = (user: string) => ({
  headers: { authorization: `Basic ${Buffer.from(`${user}:${TOKEN}`).toString('base64')}` },
})
const path = `/analyses/${delivered.analysisId}/images`
const open = () => sampleApp({ token: TOKEN }, { deps: images.deps })

it('describes planes, windows and marks, and gives slices of every plane', async () => {
  const { app } = open()
  const shown = (await (await app.request(path, as('dr-9'))).json()) as {
    planes: { plane: string; count: number; width: number; height: number }[]
    images: { name: string; window: [number, number] }[]
    marks: unknown[]
  }
  expect(shown.images.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['T1', 'T1c', 'T2', 'FLAIR', 'prior-T1', 'prior-T1c']),
  )
  for (const { plane, width, height, count } of shown.planes) {
    const answer = await app.request(
      `${path}/${plane}/${count - 1}/picture.png?of=T1c:0-4095,prior-T1c:0-4095`,
      as('dr-9'),
    )
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('image/png')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const png = decode(new Uint8Array(await answer.arrayBuffer()))
    expect([png.width, png.height]).toEqual([width, 2 * height])
    expect((await app.request(`${path}/${plane}/${count}/outlines.json`, as('dr-9'))).status).toBe(404)
  }
})

it('refuses whoever is not signed in, and what is not there', async () => {
  const { app } = open()
  expect((await app.request(path)).status).toBe(401)
  expect((await app.request(`${path}/axial/1/picture.png?of=T1c:0-4095`)).status).toBe(401)
  const status = async (address: string) => (await app.request(address, as('dr-9'))).status
  expect(await status(`/analyses/${running.analysisId}/images`)).toBe(404)
  expect(await status(`/analyses/${running.analysisId}/images/axial/1/picture.png?of=T1c:0-4095`)).toBe(404)
  expect(await status('/analyses/nobody/images/axial/1/outlines.json')).toBe(404)
  expect(await status(`${path}/axial/1/picture.png?of=T1c:0-4095,../x:0-1`)).toBe(400)
  expect(await status(`${path}/axial/1/picture.png`)).toBe(400)
  expect(await status(`${path}/oblique/1/picture.png?of=T1c:0-4095`)).toBe(400)
  expect(await status(`${path}/axial/-1/picture.png?of=T1c:0-4095`)).toBe(400)
})

it('records each look once, by person and analysis, and shows nothing that it cannot record', async () => {
  images.audited.length = 0
  const record = async (entry: AuditEntry) => void images.audited.push(entry)
  const reader = createShownImages({ spool: images.spool, audit: { record }, clock: realClock })
  const { app } = sampleApp({ token: TOKEN }, { deps: { ...images.deps, images: reader } })
  for (const index of [3, 4, 5]) await app.request(`${path}/axial/${index}/picture.png?of=T1c:0-4095`, as('dr-9'))
  await app.request(`${path}/axial/3/outlines.json`, as('dr-10'))
  expect(
    images.audited.map(({ user, target, interaction, studyInstanceUid }) => [
      user?.identifier,
      target,
      interaction,
      studyInstanceUid,
    ]),
  ).toEqual([
    ['dr-9', 'spool', 'access', delivered.studyInstanceUid],
    ['dr-10', 'spool', 'access', delivered.studyInstanceUid],
  ])
  const broken = createShownImages({
    spool: images.spool,
    audit: { record: async () => Promise.reject(new AppError('DATABASE_UNREACHABLE', 'the database does not answer')) },
    clock: realClock,
  })
  const unaudited = sampleApp({ token: TOKEN }, { deps: { ...images.deps, images: broken } }).app
  for (let n = 0; n < 2; n++)
    expect((await unaudited.request(`${path}/axial/3/picture.png?of=T1c:0-4095`, as('dr-9'))).status).toBe(503)
})

it('serves the modules of the browser without types, under one version', async () => {
  const { app } = open()
  const page = await (await app.request(`/analyses/${delivered.analysisId}`, as('dr-9'))).text()
  const [, main = ''] = /<script type="module" src="([^"]+)"/.exec(page) ?? []
  const answer = await app.request(main, as('dr-9'))
  expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(await answer.text()).not.toContain(': void')
  expect((await app.request(main.replace(/browser\/\w+/, 'browser/000000000000'), as('dr-9'))).status).toBe(404)
  expect(page).toContain('<noscript><figure class="still">')
})

it('shows a slice as a review would leave it, and changes nothing', async () => {
  const { app } = open()
  const { grid, start } = (await images.spool.describe(delivered.analysisId))!
  const stroke = { label: 3, radiusMm: 9, points: [toPatient(grid, [4, 4, start[2]])] }
  const [address, kept] = [`${path}/axial/${start[2]}/outlines`, `${path}/axial/${start[2]}/outlines.json`]
  const ask = async (strokes: unknown) => {
    const answer = await app.request(address, { method: 'POST', ...as('dr-9'), body: JSON.stringify({ strokes }) })
    return { status: answer.status, body: (await answer.json()) as { outlines: SliceOutline[] } }
  }
  const before = (await (await app.request(kept, as('dr-9'))).json()) as { outlines: SliceOutline[] }
  expect((await ask([])).body).toEqual(before)
  const counted = ({ outlines }: { outlines: SliceOutline[] }) =>
    outlines
      .filter(({ label, isPrior }) => label === 3 && !isPrior)
      .reduce((sum, { polygons }) => sum + polygons.length, 0)
  const painted = (await ask([stroke])).body
  expect(counted(painted)).toBe(counted(before) + 1)
  expect((await ask([stroke, { ...stroke, label: 0 }])).body).toEqual(before)
  expect(await (await app.request(kept, as('dr-9'))).json()).toEqual(before)
  expect((await ask([{ ...stroke, radiusMm: 100 }])).status).toBe(400)
  expect((await app.request(address, { method: 'POST', body: '{"strokes":[]}' })).status).toBe(401)
})
