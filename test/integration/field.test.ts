// Studies as they are sent, through the whole service: an accession number that is too long, and instances in T1c that are no slices of it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DiagnosticReport } from '@medplum/fhirtypes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoSettings } from '../../demo/demo-settings.ts'
import { type GeneratedStudy, generateStudy } from '../../demo/phantom/study.ts'
import { openServers, type Servers } from '../../demo/servers.ts'
import { compose, type Service } from '../../src/compose.ts'
import { dataset, tagOf, text } from '../../src/dicom/dataset.ts'
import { readPart10, writePart10 } from '../../src/dicom/part10.ts'
import type { AnalysisRecord } from '../../src/domain/analysis.ts'
import type { ReportableResult } from '../../src/domain/finding.ts'
import { type DicomJson, STRUCTURAL } from '../../src/domain/study.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import { quietLog } from '../support/quiet-log.ts'
import { eventually } from '../support/service-process.ts'

const MINUTES = 60_000
/** The quicker of the bundles; what is asked here does not depend on it. */
const BUNDLE = fileURLToPath(new URL('../../config/models/glioma-unet-2mm', import.meta.url))
const ACCESSION = 'RAD-2026-000123456789'

let folder: string
let servers: Servers
let service: Service

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-field-'))
  const { patient } = await study('20260301')
  servers = await openServers({ environment: {} }, folder, patient)
  const settings = {
    ...demoSettings(servers, { dataDir: join(folder, 'state'), port: 0 }),
    inference: { bundle: BUNDLE },
  }
  service = await compose(parseSettings(settings, {}), { log: quietLog })
  await service.start({ watch: true, http: false })
}, 10 * MINUTES)
afterAll(async () => {
  await service?.stop()
  await servers?.close()
  await rm(folder, { recursive: true, force: true })
})

/** One head; another date makes another study of it. */
const study = (studyDate: string) => generateStudy({ seed: 7, size: 'small', study: { studyDate } })

function changed(bytes: Uint8Array, change: DicomJson): Uint8Array {
  const { dataset: ds, transferSyntaxUid, ...file } = readPart10(bytes)
  return writePart10({ dataset: { ...ds, ...change }, pixelData: file.frames(), transferSyntaxUid })
}

interface Analysed {
  record: AnalysisRecord
  result: ReportableResult
}

async function analysed(
  { studyInstanceUid }: GeneratedStudy,
  instances: GeneratedStudy['instances'],
): Promise<Analysed> {
  const outcomes = await service.archive.store(studyInstanceUid, instances)
  expect(outcomes.filter(({ stored }) => !stored)).toEqual([])
  const record = await eventually(
    'the analysis at rest',
    async () => {
      const [found] = await service.store.analyses.byStudy(studyInstanceUid)
      return found && ['delivered', 'held'].includes(found.state) ? found : undefined
    },
    10 * MINUTES,
  )
  return { record, result: record.summary as unknown as ReportableResult }
}

const takenAs = ({ result }: Analysed) =>
  Object.fromEntries(result.decisions.flatMap((one) => (one.sequence ? [[one.sequence, one.seriesInstanceUid]] : [])))
/** The bundle takes the four sequences and no map. */
const truthOf = ({ series }: GeneratedStudy) =>
  Object.fromEntries(
    series.flatMap(({ sequence, seriesInstanceUid }) =>
      STRUCTURAL.some((one) => one === sequence) ? [[sequence, seriesInstanceUid]] : [],
    ),
  )
const volumesOf = ({ result }: Analysed) =>
  Object.fromEntries(
    result.measurements.filter(({ quantity }) => quantity === 'volume').map(({ region, value }) => [region, value]),
  )

describe('a study is delivered right', { timeout: 20 * MINUTES }, () => {
  let plain: Analysed

  it('with an accession number of 21 characters, which no DICOM result can carry and a note names', async () => {
    const sent = await study('20260301')
    const long = { [tagOf('AccessionNumber')]: { vr: 'SH', Value: [ACCESSION] } }
    plain = await analysed(
      sent,
      sent.instances.map((one) => ({ ...one, bytes: changed(one.bytes, long) })),
    )
    expect([plain.record.state, plain.record.hold]).toEqual(['delivered', undefined])
    expect(takenAs(plain)).toEqual(truthOf(sent))
    const images = new Set(sent.instances.map(({ sopInstanceUid }) => sopInstanceUid))
    const stored = (await service.archive.searchInstances(sent.studyInstanceUid)).filter(
      ({ sopInstanceUid }) => !images.has(sopInstanceUid),
    )
    expect(stored.length).toBeGreaterThanOrEqual(3)
    for (const { seriesInstanceUid, sopInstanceUid } of stored) {
      const bytes = await service.archive.retrieveInstance(sent.studyInstanceUid, seriesInstanceUid, sopInstanceUid)
      expect(text(readPart10(bytes).dataset, 'AccessionNumber')).toBe('')
    }
    const answer = (await (await fetch(`${servers.ehr.url}/DiagnosticReport`)).json()) as {
      entry: { resource: DiagnosticReport }[]
    }
    expect(answer.entry).toHaveLength(1)
    expect(plain.result.quality.map((note) => note.text).join()).toContain('AccessionNumber')
  })

  it('with a slice sent twice, a scout and a slice off the grid in T1c: the volumes are those without them', async () => {
    const sent = await study('20260401')
    const t1c = truthOf(sent).T1c
    const slices = sent.instances.filter(({ seriesInstanceUid }) => seriesInstanceUid === t1c)
    const [first, second, third] = [slices[4]!, slices[9]!, slices[13]!]
    const stray = ({ bytes, ...one }: (typeof slices)[number], n: number, change: object) => {
      const sopInstanceUid = `2.25.7700${n}`
      return { ...one, sopInstanceUid, bytes: changed(bytes, dataset({ SOPInstanceUID: sopInstanceUid, ...change })) }
    }
    const [x, y, z] = readPart10(third.bytes).dataset[tagOf('ImagePositionPatient')]!.Value as [number, number, number]
    const odd = [
      stray(first, 1, {}),
      stray(second, 2, { ImageOrientationPatient: [0, 1, 0, 1, 0, 0] }),
      stray(third, 3, { ImagePositionPatient: [x + 0.41, y + 0.37, z + 0.43] }),
    ]
    const found = await analysed(sent, [...odd, ...sent.instances])
    expect([found.record.state, found.record.hold]).toEqual(['delivered', undefined])
    expect(takenAs(found)).toEqual(truthOf(sent))
    expect(volumesOf(found)).toEqual(volumesOf(plain))
    expect(volumesOf(found).ET).toBeGreaterThan(0)
    expect(found.result.quality.find(({ code }) => code === 'instances-passed-over')?.text).toMatch(
      /^T1c: passed over 1 instances that repeat others and 2 that are no slices of it/,
    )
  })
})
