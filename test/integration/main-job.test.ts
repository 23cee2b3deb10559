// The main job on real parts: a study stored in Orthanc is found by the service (state in PostgreSQL), and the results are judged by others.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoSettings } from '../../demo/demo-settings.ts'
import { readBack } from '../../demo/read-back.ts'
import { readSegmentation } from '../../demo/read-segmentation.ts'
import { prepareStudy, type SentStudy } from '../../demo/sent-study.ts'
import { openServers, type Servers } from '../../demo/servers.ts'
import { compose, type Service } from '../../src/compose.ts'
import type { AnalysisRecord } from '../../src/domain/analysis.ts'
import type { ReportableResult } from '../../src/domain/finding.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import { NEWER_THAN_THE_VALIDATOR, readWithHighdicom, validate } from '../support/dicom-validators.ts'
import { startOrthanc, type TestOrthanc } from '../support/orthanc.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { quietLog } from '../support/quiet-log.ts'
import { eventually } from '../support/service-process.ts'

describe('the main job through Orthanc and PostgreSQL', () => {
  let folder: string
  let orthanc: TestOrthanc
  let postgres: TestPostgres
  let servers: Servers
  let service: Service
  let study: SentStudy
  let record: AnalysisRecord
  const segPath = () => join(folder, 'seg.dcm')

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gliabridge-main-job-'))
    ;[orthanc, postgres] = await Promise.all([startOrthanc(), startPostgres()])
    const environment = { GLIABRIDGE_PACS_USERNAME: orthanc.username, GLIABRIDGE_PACS_PASSWORD: orthanc.password }
    study = await prepareStudy({ seed: 1 })
    servers = await openServers({ pacs: orthanc.url, environment }, folder, study.patient)
    const raw = demoSettings(servers, { dataDir: folder, port: 0 })
    const databaseUrl = await postgres.createDatabase()
    service = await compose(parseSettings(raw, { ...environment, DATABASE_URL: databaseUrl }), { log: quietLog })
    await service.start({ watch: true, http: false })
    const outcomes = await service.archive.store(study.studyInstanceUid, study.instances)
    expect(outcomes.filter((outcome) => !outcome.stored)).toEqual([])
    record = await eventually(
      'the analysis at rest',
      async () => {
        const [found] = await service.store.analyses.byStudy(study.studyInstanceUid)
        return found && ['delivered', 'held'].includes(found.state) ? found : undefined
      },
      500_000,
    )
  }, 600_000)
  afterAll(async () => {
    await service?.stop()
    await Promise.all([servers?.close(), orthanc?.close(), postgres?.close()])
    await rm(folder, { recursive: true, force: true })
  })

  it('is delivered, and read back from both sides', async () => {
    expect(record.hold).toBeUndefined()
    expect(record.state).toBe('delivered')
    const back = await readBack({ service, study, record })
    expect(back.report).toMatchObject({ status: 'preliminary' })
    expect(back.report.results).toBeGreaterThanOrEqual(8)
    expect(back.segmentation?.dice?.WT).toBeGreaterThan(0.5)
    expect(back.measurements?.values).toBeGreaterThanOrEqual(5)
  })

  it('took the four sequences and left the rest, each for a reason', () => {
    const { decisions } = record.summary as unknown as ReportableResult
    expect(
      decisions
        .filter((d) => d.selected)
        .map((d) => d.sequence)
        .sort(),
    ).toEqual(['FLAIR', 'T1', 'T1c', 'T2'])
    expect(decisions.filter((d) => !d.selected).length).toBeGreaterThanOrEqual(3)
    expect(decisions.every((d) => d.reasons.length > 0)).toBe(true)
  })

  it('stored a segmentation that dciodvfy and dcentvfy accept', async () => {
    const artifact = await service.store.analyses.artifact(record.analysisId, 'segmentation')
    const { seriesInstanceUid, sopInstanceUid } = artifact!
    await writeFile(
      segPath(),
      await service.archive.retrieveInstance(study.studyInstanceUid, seriesInstanceUid!, sopInstanceUid!),
    )
    const sources: string[] = []
    for (const { bytes } of study.instances) {
      sources.push(join(folder, `source-${sources.length}.dcm`))
      await writeFile(sources.at(-1)!, bytes)
    }
    const verdict = validate('dciodvfy', [segPath()])
    expect(verdict.errors).toEqual([])
    expect(verdict.warnings.filter((line) => !NEWER_THAN_THE_VALIDATOR.includes(line))).toEqual([])
    expect(validate('dcentvfy', [...sources, segPath()]).errors).toEqual([])
  })

  it('stored the voxels that highdicom reads too', async () => {
    const seg = readSegmentation(await readFile(segPath()))
    const { reading, labels } = readWithHighdicom(segPath())
    const counted = seg.segments.map(({ number }) =>
      seg.frames.filter((f) => f.segment === number).reduce((sum, f) => sum + f.mask.reduce((a, on) => a + on, 0), 0),
    )
    const theirs = seg.segments.map(({ number }) => labels.reduce((sum, label) => sum + (label === number ? 1 : 0), 0))
    expect(theirs).toEqual(counted)
    expect(reading.patientName).toBe(study.patient.patientName)
    expect(reading.frames).toBe(seg.frames.length)
  })

  it('wrote a PDF that poppler reads, and the same one into the EHR', async () => {
    const pdf = await service.store.analyses.artifact(record.analysisId, 'pdf')
    const path = join(folder, 'report.pdf')
    await writeFile(path, pdf!.bytes)
    const text = execFileSync('pdftotext', ['-layout', path, '-'], { encoding: 'utf8' })
    expect(text).toContain(study.patient.patientId)
    expect(text).toMatch(/not evaluable/i)
    const answer = await fetch(`${servers.ehr.url}/DocumentReference`)
    const bundle = (await answer.json()) as { entry: { resource: { content: { attachment: { hash: string } }[] } }[] }
    const sha1 = createHash('sha1').update(pdf!.bytes).digest('base64')
    expect(bundle.entry.map((entry) => entry.resource.content[0]?.attachment.hash)).toEqual([sha1])
  })

  it('does not look at its own results as a new study', async () => {
    const watched = await service.store.watch.get(study.studyInstanceUid)
    expect(watched?.decision).toEqual({ outcome: 'accepted' })
    await service.submit(study.studyInstanceUid)
    expect(await service.store.analyses.byStudy(study.studyInstanceUid)).toHaveLength(1)
  })
})
