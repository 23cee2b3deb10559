// Studies that must not be analysed, through the whole service on embedded servers: each ends held, with its reason, and nothing written.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoSettings } from '../../demo/demo-settings.ts'
import { GENERATED_PATIENT, generateStudy, type StudyOptions } from '../../demo/phantom/study.ts'
import { openServers, type Servers } from '../../demo/servers.ts'
import { compose, type Service } from '../../src/compose.ts'
import { ERRORS, type ErrorCode } from '../../src/domain/errors.ts'
import { STRUCTURAL } from '../../src/domain/study.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import { SHORT_SEQUENCE_NAMES } from '../../src/wording/names.ts'
import { createKeptLog } from '../support/quiet-log.ts'

let folder: string
let servers: Servers
let service: Service
let url: string | undefined
const log = createKeptLog()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-holds-'))
  servers = await openServers({ environment: {} }, folder, GENERATED_PATIENT)
  service = await compose(parseSettings(demoSettings(servers, { dataDir: join(folder, 'state'), port: 0 }), {}), {
    log,
  })
  ;({ url } = await service.start({ watch: false, http: true }))
})
afterAll(async () => {
  await service?.stop()
  await servers?.close()
  await rm(folder, { recursive: true, force: true })
})

async function outcomeOf(options: Omit<StudyOptions, 'size'>) {
  const study = await generateStudy({ ...options, size: 'small' })
  const outcomes = await service.archive.store(study.studyInstanceUid, study.instances)
  const record = await service.settled(await service.submit(study.studyInstanceUid))
  const after = await service.archive.searchInstances(study.studyInstanceUid)
  const stored = outcomes.filter((outcome) => outcome.stored).length
  return { record, study, written: after.length - stored }
}

describe('a study that must not be analysed is held', () => {
  const cases: [string, Omit<StudyOptions, 'size'>, ErrorCode, RegExp][] = [
    [
      'without a patient id',
      { seed: 11, faults: [{ kind: 'no-patient-id' }] },
      'PATIENT_ID_MISSING',
      /Patient ID|PatientID/,
    ],
    ['with two patients', { seed: 12, faults: [{ kind: 'second-patient' }] }, 'PATIENT_MIXED', /PatientID|patient/],
    [
      'of a patient that the EHR does not have',
      { seed: 13, patient: { patientId: 'NOBODY-1' } },
      'PATIENT_NOT_FOUND',
      /identifier|patient/,
    ],
    [
      'whose birth date differs in the EHR',
      { seed: 14, patient: { patientBirthDate: '19700101' } },
      'PATIENT_MISMATCH',
      /birth/,
    ],
    [
      'with a missing slice',
      { seed: 15, faults: [{ kind: 'missing-slice', sequence: 'T1c' }] },
      'SERIES_UNSUPPORTED',
      /gap|missing|spacing/,
    ],
    [
      'with an instance that was truncated, so that the archive refused it',
      { seed: 17, faults: [{ kind: 'truncated-instance', sequence: 'T1c' }] },
      'SERIES_UNSUPPORTED',
      /gap|missing|spacing/,
    ],
    [
      'of a child, for whom the bundle is not meant',
      { seed: 19, patient: { patientBirthDate: '20200615' } },
      'OUTSIDE_INTENDED_USE',
      /at least 18 years.*intended use: .*Adults/,
    ],
    ['without contrast-enhanced T1 and FLAIR', { seed: 16, omit: ['T1c', 'FLAIR'] }, 'SERIES_MISSING', /T1c.*FLAIR/],
  ]
  it.each(cases)('%s', async (_name, options, code, message) => {
    const { record, written, study } = await outcomeOf(options)
    expect(record.state).toBe('held')
    expect(record.hold?.code).toBe(code)
    expect(record.hold?.message).toMatch(message)
    expect(written).toBe(0)
    const page = await (await fetch(`${url}/analyses/${record.analysisId}`)).text()
    expect(page).toContain(code)
    expect(page).toContain(ERRORS[code].at(1))
    const said = JSON.stringify([record.hold, log.lines])
    expect(said).not.toContain(study.patient.patientId || 'Gliabridge^')
    expect(said).not.toContain('Zoë')
  })

  it('whose pixels contradict the headers of a series, with a picture of each on the page', async () => {
    const faults: StudyOptions['faults'] = [{ kind: 'exchanged-headers', sequences: ['T1', 'FLAIR'] }]
    const { record, written } = await outcomeOf({ seed: 21, faults })
    expect([record.state, record.hold?.code, written]).toEqual(['held', 'SERIES_CONTRADICTION', 0])
    expect(record.hold?.message).toMatch(
      /is T1 by its headers and looks like FLAIR.*is FLAIR by its headers and looks like T1/,
    )
    const address = `${url}/analyses/${record.analysisId}`
    const page = await (await fetch(address)).text()
    const pictures = [...page.matchAll(/src="([^"]+\/doubt\/\d\.png)"[^>]+alt="Series \d+, ([^"]+) by its headers/g)]
    expect(pictures.map((match) => match[2])).toEqual(STRUCTURAL.map((one) => SHORT_SEQUENCE_NAMES[one]))
    for (const [, path] of pictures) {
      const png = decode(new Uint8Array(await (await fetch(`${url}${path}`)).arrayBuffer()))
      expect([png.width, png.height, new Set(png.data).size > 50]).toEqual([192, 192, true])
    }
    expect((await fetch(`${address}/doubt/9.png`)).status).toBe(404)
  })
})
