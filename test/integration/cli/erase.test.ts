// A patient is erased by command: record, artefacts, reviews, ledger, images; others stay, the audit stays and tells, a back-up can be erased too.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { auditEvent } from '../../../src/audit/audit-event.ts'
import { auditMessage } from '../../../src/audit/audit-message.ts'
import { eraseCommand } from '../../../src/cli/commands/erase.ts'
import { eraseFromLibrary } from '../../../src/cli/erase-library.ts'
import { loadBundle } from '../../../src/inference/bundle/load.ts'
import { eraseByAge } from '../../../src/pipeline/erase.ts'
import { openReceivedImages } from '../../../src/receiving/spool.ts'
import type { AuditRow } from '../../../src/store/audit.ts'
import { backUp, restore } from '../../../src/store/backup.ts'
import { withAuditStore } from '../../../src/store/open-database.ts'
import { openPglite } from '../../../src/store/pglite.ts'
import { openStore } from '../../../src/store/store.ts'
import { createImageSpool } from '../../../src/viewer/spool.ts'
import { quietLog } from '../../support/quiet-log.ts'
import { realClock } from '../../support/real-clock.ts'

const NAME = 'Quux^Zenobia'
const patient = (patientId: string, issuerOfPatientId: string) => ({
  patientId,
  issuerOfPatientId,
  patientName: NAME,
  patientBirthDate: '19500102',
  patientSex: 'F' as const,
})
const GRID = {
  size: [4, 3, 2] as [number, number, number],
  spacing: [1, 1, 1] as [number, number, number],
  origin: [0, 0, 0] as [number, number, number],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] as never,
}
const kept = { images: [], labels: { grid: GRID, data: new Uint8Array(24) }, segments: [] }

let folder: string
let out: string
const place = (name: string) => join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-erase-'))
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text
    return true
  })
})
afterAll(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true, force: true })
})

/** Settings of a service whose state is in that folder. */
async function config(dataDir: string): Promise<string> {
  const file = place('site.json')
  const settings = {
    pacs: { url: 'http://127.0.0.1:9/dicom-web' },
    ehr: { url: 'http://127.0.0.1:9/fhir', identifierSystem: 'urn:x:mrn', analysisSystem: 'urn:x:analysis' },
    store: { dataDir },
  }
  await writeFile(file, JSON.stringify(settings))
  return file
}

const id = (n: number) => String(n).repeat(32)

/** Three analyses: of P-1 of two issuers, and of P-2. */
async function fill(dataDir: string): Promise<void> {
  const store = await openStore({ dataDir, clock: realClock, log: quietLog })
  const spool = createImageSpool(join(dataDir, 'images'), realClock)
  for (const [n, who] of [patient('P-1', 'NORTH'), patient('P-1', 'SOUTH'), patient('P-2', 'NORTH')].entries()) {
    const analysisId = id(n + 1)
    const studyInstanceUid = `1.2.${n}`
    const { analyses, reviews, ledger, watch } = store
    const model = { bundleId: 'b', bundleDigest: 'd', modelDigest: 'm', instanceSetDigest: 's' }
    await analyses.register({ analysisId, studyInstanceUid, ...model })
    await analyses.move(analysisId, 'running')
    await analyses.describe(analysisId, { patient: who })
    const artifact = { role: 'pdf' as const, mediaType: 'application/pdf', bytes: Buffer.from(`PDF of ${NAME}`) }
    await analyses.saveResult(analysisId, { patient: who, noFinding: true }, [artifact])
    for (const leg of ['pacs', 'ehr'] as const)
      await analyses.updateLeg(analysisId, leg, { state: 'done', receipt: { thing: `${leg}-${n}` } })
    await analyses.move(analysisId, 'delivered')
    const reviewer = { identifier: 'dr', name: 'Dr Ada' }
    const { review } = await reviews.add(
      { analysisId, decision: 'accept', reviewer, edits: [] },
      { key: `k${n}`, expected: 0 },
    )
    await reviews.keepDocument(review.reviewId, Buffer.from(`reviewed ${NAME}`))
    await ledger.record(`http://ehr/fhir DiagnosticReport urn:x|${analysisId}.report`, {
      reference: `DiagnosticReport/${n}`,
    })
    const at = realClock.now().toISOString()
    const seen = { instanceSetDigest: 's', instanceCount: 1, firstSeenAt: at, changedAt: at, decidedDigest: 's' }
    await watch.put({ studyInstanceUid, ...seen, decision: { outcome: 'accepted' } })
    await spool.keep(analysisId, kept)
    await received(dataDir).then((images) =>
      images.put(receivedInstance(studyInstanceUid), Buffer.from(`image of ${NAME}`)),
    )
  }
  await store.close()
}

const received = (dataDir: string) =>
  openReceivedImages({ folder: join(dataDir, 'received'), clock: realClock, expectRoom: async () => {} })
const receivedInstance = (studyInstanceUid: string) => ({
  studyInstanceUid,
  seriesInstanceUid: `${studyInstanceUid}.1`,
  sopInstanceUid: `${studyInstanceUid}.1.1`,
  sopClassUid: '1.2.840.10008.5.1.4.1.1.4',
  modality: 'MR',
})
const studiesReceived = async (dataDir: string) =>
  (await (await received(dataDir)).studies()).map(({ studyInstanceUid }) => studyInstanceUid).sort()

const OF_REVIEW = 'where review_id in (select review_id from gliabridge.reviews where analysis_id = $1)'
const TABLES = {
  analyses: 'where analysis_id = $1',
  legs: 'where analysis_id = $1',
  artifacts: 'where analysis_id = $1',
  analysis_events: 'where analysis_id = $1',
  reviews: 'where analysis_id = $1',
  review_deliveries: OF_REVIEW,
  review_documents: OF_REVIEW,
  ehr_ledger: 'where position($1 in key) > 0',
}
const NONE = Array(Object.keys(TABLES).length).fill(0)

/** How many rows each table has of each analysis. */
async function rowsOf(dataDir: string, ...analyses: string[]): Promise<number[][]> {
  const db = await openPglite(dataDir)
  const found: number[][] = []
  for (const one of analyses) {
    const counts: number[] = []
    for (const [table, where] of Object.entries(TABLES)) {
      const rows = await db.query<{ n: number }>(`select count(*)::int as n from gliabridge.${table} ${where}`, [one])
      counts.push(rows[0]!.n)
    }
    found.push(counts)
  }
  await db.close()
  return found
}

async function run(dataDir: string, options: Parameters<typeof eraseCommand>[1]): Promise<string> {
  out = ''
  await eraseCommand(await config(dataDir), options)
  return out
}

describe('gliabridge erase', { timeout: 300_000 }, () => {
  const state = () => place('state')
  beforeAll(async () => {
    await fill(state())
    await backUp(state(), place('before.tar.gz'), '2026-03-01T00:00:00.000Z')
  }, 300_000)

  it('asks which issuer is meant, and lists without erasing', async () => {
    await expect(run(state(), { patient: 'P-1' })).rejects.toThrow('of 2 issuers ("NORTH", "SOUTH")')
    await expect(run(state(), {})).rejects.toThrow('name one thing')
    const listed = await run(state(), { patient: 'P-1', issuer: 'NORTH', dryRun: true })
    expect(listed).toContain(`${id(1)}  delivered  study 1.2.0`)
    expect(listed).toContain('stays in the PACS: thing pacs-0')
    expect(listed).toContain('stays in the EHR: thing ehr-0')
    expect(listed).toContain('1 analysis kept here')
  })

  it('leaves nothing of the patient, and everything of the others', async () => {
    const [one, ...others] = await rowsOf(state(), id(1), id(2), id(3))
    expect([one, ...others].every((counts) => counts!.every((n) => n > 0))).toBe(true)
    await run(state(), { patient: 'P-1', issuer: 'NORTH', by: 'Dr Privacy' })
    expect(await rowsOf(state(), id(1), id(2), id(3))).toEqual([NONE, ...others])
    expect((await readdir(join(state(), 'images'))).sort()).toEqual([id(2), id(3)])
    expect(await studiesReceived(state())).toEqual(['1.2.1', '1.2.2'])
  })

  it('is audited, and the chain of the audit holds', async () => {
    const settings = {
      patient: 'digest',
      identifierSystem: 'urn:x',
      software: { name: 'G', version: '1' },
      site: '',
    } as const
    await withAuditStore({ dataDir: state(), clock: realClock, log: quietLog }, async (audit) => {
      expect((await audit.verify()).problems).toEqual([])
      const rows: AuditRow[] = []
      for await (const row of audit.rows({})) rows.push(row)
      expect(rows).toHaveLength(1)
      expect(rows[0]).toMatchObject({
        target: 'store',
        interaction: 'delete',
        studyInstanceUid: '1.2.0',
        what: 'erasure of a patient',
        outcome: 'success',
        user: { identifier: 'Dr Privacy' },
        objects: [id(1)],
      })
      const event = auditEvent(rows[0]!, settings)
      expect([event.action, event.type.code]).toEqual(['D', '110105'])
      expect(auditMessage(rows[0]!, settings)).toContain('EventActionCode="D"')
      expect(JSON.stringify(rows)).not.toContain(NAME)
    })
  })

  it('keeps the study from being analysed anew, and says why', async () => {
    const store = await openStore({ dataDir: state(), clock: realClock, log: quietLog })
    const { studies } = await store.watch.notAnalysed({ limit: 10, offset: 0 })
    expect(studies.map(({ studyInstanceUid, decision }) => [studyInstanceUid, decision?.outcome])).toEqual([
      ['1.2.0', 'declined'],
    ])
    expect(studies[0]!.decision!.reason).toMatch(/^erased here on \d{4}-\d\d-\d\d$/)
    expect(await store.watch.undecided()).toEqual([])
    await store.close()
  })

  it('still lets nobody else delete or change history', async () => {
    const db = await openPglite(state())
    for (const sql of [
      'delete from gliabridge.analysis_events',
      "update gliabridge.analysis_events set text = ''",
      'delete from gliabridge.reviews',
      'delete from gliabridge.audit',
      "begin; select set_config('gliabridge.erasing', 'on', true); delete from gliabridge.audit",
    ])
      await expect(db.transaction((tx) => tx.script(sql))).rejects.toThrow()
    await db.close()
  })

  it('leaves no byte of the last patient in the files of the tables', async () => {
    await run(state(), { patient: 'P-1' })
    await run(state(), { study: '1.2.2' })
    const files = await readdir(join(state(), 'database', 'base'), { recursive: true, withFileTypes: true })
    const holders: string[] = []
    for (const file of files.filter((one) => one.isFile()))
      if ((await readFile(join(file.parentPath, file.name))).includes(NAME)) holders.push(file.name)
    expect(holders).toEqual([])
  })

  it('erases again what a back-up brought back', async () => {
    await restore(place('again'), place('before.tar.gz'), '2026-03-01T00:00:00.000Z')
    expect(await run(place('again'), { patient: 'P-2' })).toContain('erased 1 analysis')
    expect(await rowsOf(place('again'), id(3))).toEqual([NONE])
  })

  it('erases by age what is at rest, and not what a person decided and is still on its way', async () => {
    await restore(place('aged'), place('before.tar.gz'), '2026-03-01T00:00:00.000Z')
    const store = await openStore({ dataDir: place('aged'), clock: realClock, log: quietLog })
    const spool = createImageSpool(join(place('aged'), 'images'), realClock)
    const ports = { records: store.erasure, audit: store.audit, spool }
    const later = new Date(Date.now() + 86_400_000)
    expect(await eraseByAge(ports, later)).toBe(0)
    for (;;) {
      const claimed = await store.reviews.claim(60)
      if (!claimed) break
      const { review, delivery } = claimed
      if (review.analysisId !== id(2)) await store.reviews.update(review.reviewId, delivery.leg, { state: 'done' })
    }
    expect(await eraseByAge(ports, new Date(0))).toBe(0)
    expect(await eraseByAge(ports, later)).toBe(2)
    expect((await store.analyses.list()).map(({ analysisId }) => analysisId)).toEqual([id(2)])
    await store.analyses.move(id(2), 'analysed')
    await store.analyses.claim('worker', 60)
    await expect(store.erasure.erase(id(2))).rejects.toMatchObject({ code: 'STATE_CONFLICT' })
    await store.close()
  })
})

it('takes a past patient out of the library of a bundle, which is another model then', async () => {
  const bundle = place('clipsa')
  await cp(new URL('../../support/bundles/clipsa', import.meta.url), bundle, { recursive: true })
  const before = await loadBundle(bundle)
  const { facts, matrix } = before.library!
  const width = facts.key_width + facts.value_width
  const gone = facts.ids[1]!
  const { rows, modelDigest } = await eraseFromLibrary(bundle, gone, true)
  expect((await loadBundle(bundle)).library!.facts.ids).toContain(gone)
  expect(await eraseFromLibrary(bundle, gone, false)).toEqual({ rows, modelDigest })
  const after = await loadBundle(bundle)
  expect(after.library!.facts.ids).toEqual(facts.ids.filter((one) => one !== gone))
  expect(after.library!.matrix).toEqual(Float32Array.of(...matrix.subarray(0, width), ...matrix.subarray(2 * width)))
  expect(after.identity.modelDigest).toBe(modelDigest)
  expect(modelDigest).not.toBe(before.identity.modelDigest)
  await expect(eraseFromLibrary(bundle, gone, false)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
