// What routers and FHIR servers send, as studies to look at, and the line in which they wait.
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { createHintLine, MAX_HINTS, studiesOfMessage, studiesOfNotification } from '../../src/triggers/hints.ts'
import { createKeptLog } from '../support/quiet-log.ts'

const STUDY = '1.2.840.113619.2.7'

describe('a message of a router', () => {
  it.each<[string, unknown, string[]]>([
    ['a keyword', { StudyInstanceUID: STUDY, PatientName: 'DOE^JANE' }, [STUDY]],
    ['several', { StudyInstanceUID: [STUDY, '1.2.3', STUDY] }, [STUDY, '1.2.3']],
    ['the name that mercure gives it', { study_uid: STUDY, acc: 'A1' }, [STUDY]],
    ['DICOM JSON', { '0020000D': { vr: 'UI', Value: [STUDY] } }, [STUDY]],
    ['what is no UID', { StudyInstanceUID: '../../etc', studyInstanceUid: 7 }, []],
    ['nothing about a study', { event: 'received' }, []],
    ['no object', ['1.2.3'], []],
    ['nothing', undefined, []],
  ])('with %s', (_, body, studies) => {
    expect(studiesOfMessage(body)).toEqual(studies)
  })
})

describe('a notification of a FHIR server', () => {
  const imagingStudy = (uid: string) => ({
    resourceType: 'ImagingStudy',
    identifier: [
      { system: 'https://hospital.example/accession', value: 'A-77' },
      { system: 'urn:dicom:uid', value: `urn:oid:${uid}` },
    ],
  })
  it.each<[string, unknown, string[]]>([
    ['an ImagingStudy (R4 rest-hook with content)', imagingStudy(STUDY), [STUDY]],
    [
      'an ImagingStudy whose UID has no prefix',
      { ...imagingStudy(STUDY), identifier: [{ system: 'urn:dicom:uid', value: STUDY }] },
      [STUDY],
    ],
    [
      'a Bundle of the R5 backport with resources',
      {
        resourceType: 'Bundle',
        type: 'history',
        entry: [
          { resource: { resourceType: 'Parameters', parameter: [{ name: 'type', valueCode: 'event-notification' }] } },
          { fullUrl: 'https://ehr.example/fhir/ImagingStudy/1', resource: imagingStudy(STUDY) },
          { resource: imagingStudy('1.2.3') },
        ],
      },
      [STUDY, '1.2.3'],
    ],
    [
      'a Bundle with ids alone',
      { resourceType: 'Bundle', type: 'history', entry: [{ fullUrl: 'https://ehr.example/fhir/ImagingStudy/1' }] },
      [],
    ],
    ['a ServiceRequest', { resourceType: 'ServiceRequest', status: 'active' }, []],
    ['a rest-hook without content', undefined, []],
    ['lists that are none', { resourceType: 'Bundle', entry: {} }, []],
    ['identifiers that are none', { resourceType: 'ImagingStudy', identifier: 'x' }, []],
  ])('with %s', (_, body, studies) => {
    expect(studiesOfNotification(body)).toEqual(studies)
  })
})

describe('the line of hints', () => {
  function line(hint: (uid: string) => Promise<void>) {
    const log = createKeptLog()
    let looks = 0
    return { ...createHintLine({ hint, lookNow: () => (looks += 1), log }), log, looks: () => looks }
  }

  it('looks at each study once, one after the other, and takes what comes meanwhile', async () => {
    const seen: string[] = []
    let inside = 0
    const one = line(async (uid) => {
      inside += 1
      expect(inside).toBe(1)
      if (uid === '1.1' && seen.length === 0) one.take(['1.3', '1.2'])
      await new Promise((resolve) => setImmediate(resolve))
      seen.push(uid)
      inside -= 1
    })
    one.take(['1.1', '1.2', '1.1'])
    await one.idle()
    one.take(['1.1'])
    await one.idle()
    expect(seen).toEqual(['1.1', '1.2', '1.3', '1.1'])
  })

  it('searches at once where nobody says what is new', () => {
    const one = line(async () => {})
    one.take([])
    expect(one.looks()).toBe(1)
  })

  it('goes on after a study that cannot be looked at, which the search will find', async () => {
    const seen: string[] = []
    const one = line(async (uid) => {
      if (uid === '1.1') throw new AppError('ARCHIVE_UNREACHABLE', 'the archive is away')
      seen.push(uid)
    })
    one.take(['1.1', '1.2'])
    await one.idle()
    expect(seen).toEqual(['1.2'])
    expect(one.log.lines).toEqual([
      {
        level: 'warn',
        fields: { studyInstanceUid: '1.1', code: 'ARCHIVE_UNREACHABLE', error: 'the archive is away' },
        message: 'a hint could not be followed',
      },
    ])
  })

  it('has an end', async () => {
    let seen = 0
    const one = line(async () => {
      await new Promise((resolve) => setImmediate(resolve))
      seen += 1
    })
    one.take(Array.from({ length: MAX_HINTS + 500 }, (_, n) => `1.${n}`))
    await one.idle()
    expect(seen).toBe(MAX_HINTS)
  })
})
