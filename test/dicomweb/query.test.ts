// Paths and parameters of requests, and what is read from answers.
import { describe, expect, it } from 'vitest'
import {
  errorOfStatus,
  errorOfThrown,
  isReset,
  retryAfterSeconds,
  safeAddress,
  wasNotSent,
} from '../../src/dicomweb/errors.ts'
import { dateRange, instancesPath, readStudySummary, resourcePath, studiesPath } from '../../src/dicomweb/query.ts'
import { batches, readStoreAnswer, readStoreBody } from '../../src/dicomweb/store-response.ts'

describe('queries', () => {
  it('search studies by range and modality, page by page', () => {
    expect(studiesPath({ from: '20260101', to: '20260131', modality: 'MR' }, { limit: 50, offset: 100 })).toBe(
      '/studies?StudyDate=20260101-20260131&ModalitiesInStudy=MR&includefield=00080020&includefield=00080030&includefield=00080061&includefield=00201208&limit=50&offset=100',
    )
    expect(studiesPath({ modality: 'A&B=C D' }, { limit: 1, offset: 0 })).toContain('ModalitiesInStudy=A%26B%3DC%20D&')
    expect(instancesPath('1.2.3', { limit: 5, offset: 0 })).toBe(
      '/studies/1.2.3/instances?includefield=00080016&includefield=00080018&includefield=0020000E&includefield=00080060&limit=5&offset=0',
    )
  })

  it('ask for a patient by the identifier, and for the issuer in the answer', () => {
    const patient = { patientId: 'A/B&1', issuerOfPatientId: 'X', onBehalfOf: '1.2' }
    expect(studiesPath({ from: '20260101', patient }, { limit: 5, offset: 0 })).toBe(
      '/studies?StudyDate=20260101-&PatientID=A%2FB%261&includefield=00080020&includefield=00080030&includefield=00080061&includefield=00201208&includefield=00100020&includefield=00100021&limit=5&offset=0',
    )
  })

  it('write date ranges with open ends', () => {
    expect(dateRange('20260101', undefined)).toBe('20260101-')
    expect(dateRange(undefined, '20260101')).toBe('-20260101')
    expect(dateRange('20260101', '20260101')).toBe('20260101')
    expect(dateRange(undefined, undefined)).toBeUndefined()
    expect(() => dateRange('2026-01-01', undefined)).toThrow('YYYYMMDD')
  })

  it('let no UID leave its place in a path', () => {
    expect(resourcePath('1.2', '1.3', '1.4')).toBe('/studies/1.2/series/1.3/instances/1.4')
    expect(resourcePath('1.02.3')).toBe('/studies/1.02.3')
    for (const bad of ['..', '1/2', '1.2?x=1', `1.${'2'.repeat(64)}`, '*', '', ' 1.2'])
      expect(() => resourcePath(bad)).toThrow('not a DICOM UID')
  })

  it('read a study, with 0 for a count that is not given', () => {
    const found = { '0020000D': { vr: 'UI', Value: ['1.2'] }, '00080061': { vr: 'CS', Value: ['MR', null, 'SEG'] } }
    expect(readStudySummary(found)).toEqual({
      studyInstanceUid: '1.2',
      studyDate: '',
      studyTime: '',
      modalities: ['MR', 'SEG'],
      instanceCount: 0,
    })
  })
})

describe('errors', () => {
  const asked = { what: 'search of studies', target: 'http://a/studies' }

  it('have addresses without credentials and query', () => {
    expect(safeAddress('https://user:secret@pacs.example:8443/dicom-web/studies?PatientID=1#x')).toBe(
      'https://pacs.example:8443/dicom-web/studies',
    )
  })

  it.each([
    [400, 'ARCHIVE_REJECTED'],
    [401, 'ARCHIVE_AUTH'],
    [403, 'ARCHIVE_FORBIDDEN'],
    [404, 'NOT_FOUND'],
    [408, 'ARCHIVE_ERROR'],
    [415, 'ARCHIVE_REJECTED'],
    [429, 'ARCHIVE_ERROR'],
    [500, 'ARCHIVE_ERROR'],
    [501, 'ARCHIVE_REJECTED'],
    [503, 'ARCHIVE_ERROR'],
    [301, 'ARCHIVE_NOT_DICOMWEB'],
  ])('of status %i are %s', (status, code) => {
    const error = errorOfStatus(status, new Headers(), asked)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(
      new RegExp(`^the archive answered ${status}( \\(.*\\))? to search of studies \\(http://a/studies\\)$`),
    )
  })

  it('keep how long to wait, as seconds or as date', () => {
    expect(retryAfterSeconds(new Headers({ 'retry-after': '30' }))).toBe(30)
    const headers = new Headers({
      'retry-after': 'Sun, 01 Mar 2026 03:02:00 GMT',
      date: 'Sun, 01 Mar 2026 03:00:30 GMT',
    })
    expect(retryAfterSeconds(headers)).toBe(90)
    expect(retryAfterSeconds(new Headers({ 'retry-after': 'soon' }))).toBeUndefined()
    expect(retryAfterSeconds(new Headers())).toBeUndefined()
  })

  it.each([
    ['ECONNREFUSED', 'ARCHIVE_UNREACHABLE', 'nothing listens there', true, false],
    ['ENOTFOUND', 'ARCHIVE_UNREACHABLE', 'its host name is unknown', true, false],
    ['ECONNRESET', 'ARCHIVE_UNREACHABLE', 'it closed the connection without an answer', false, true],
    ['UND_ERR_SOCKET', 'ARCHIVE_UNREACHABLE', 'it closed the connection without an answer', false, true],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'ARCHIVE_UNREACHABLE', 'TLS certificate was not accepted', true, false],
    ['CERT_HAS_EXPIRED', 'ARCHIVE_UNREACHABLE', 'TLS certificate was not accepted', true, false],
    ['HPE_INVALID_CONSTANT', 'ARCHIVE_NOT_DICOMWEB', 'is not HTTP', false, false],
    ['UND_ERR_HEADERS_TIMEOUT', 'ARCHIVE_TIMEOUT', 'sent nothing for too long', false, false],
  ])('of %s are %s', (code, kind, words, notSent, reset) => {
    const thrown = new TypeError('fetch failed', { cause: Object.assign(new Error('PAT-1'), { code }) })
    const error = errorOfThrown(thrown, asked, 'request')
    expect(error.code).toBe(kind)
    expect(error.message).toContain(words)
    expect(error.message).not.toContain('PAT-1')
    expect([wasNotSent(error), isReset(error)]).toEqual([notSent, reset])
  })
})

describe('answers to a store', () => {
  const item = (uid: string, tag?: string, value?: number) => ({
    '00081155': { vr: 'UI', Value: [uid] },
    ...(tag === undefined ? {} : { [tag]: { vr: 'US', Value: [value] } }),
  })

  it('name failures, warnings and what they forgot', () => {
    const dataset = {
      '00081199': { vr: 'SQ', Value: [item('1.1'), item('1.2', '00081196', 0xb007), item('1.3')] },
      '00081198': { vr: 'SQ', Value: [item('1.3', '00081197', 0x0110), item('1.4')] },
    }
    const { outcomes, unnamed } = readStoreAnswer(dataset, ['1.1', '1.2', '1.3', '1.4', '1.5'])
    expect([...outcomes.values()]).toEqual([
      { sopInstanceUid: '1.1', stored: true },
      { sopInstanceUid: '1.2', stored: true, reason: 'B007' },
      { sopInstanceUid: '1.3', stored: false, reason: '0110' },
      { sopInstanceUid: '1.4', stored: false },
    ])
    expect(unnamed).toEqual(['1.5'])
  })

  it('count an empty Failed SOP Sequence as no failure', () => {
    const dataset = { '00081198': { vr: 'SQ' }, '00081199': { vr: 'SQ', Value: [item('1.1')] } }
    expect(readStoreAnswer(dataset, ['1.1'])).toEqual({
      outcomes: new Map([['1.1', { sopInstanceUid: '1.1', stored: true }]]),
      unnamed: [],
    })
  })

  it('are told apart by content', () => {
    expect(readStoreBody(' ').kind).toBe('empty')
    expect(readStoreBody('<html>').kind).toBe('html')
    expect(readStoreBody('<!DOCTYPE html><p>').kind).toBe('html')
    expect(readStoreBody('<NativeDicomModel/>').kind).toBe('foreign')
    expect(readStoreBody('Stored.').kind).toBe('foreign')
    expect(readStoreBody('"x"').kind).toBe('foreign')
    expect(readStoreBody('{"00081199":{"vr":"SQ"}}').kind).toBe('dataset')
    expect(readStoreBody('[{"00081199":{"vr":"SQ"}}]')).toEqual({
      kind: 'dataset',
      dataset: { '00081199': { vr: 'SQ' } },
    })
  })

  it('come in batches of limited count and size', () => {
    const of = (...sizes: number[]) => sizes.map((size) => ({ bytes: new Uint8Array(size) }))
    const cut = (sizes: number[], count: number, bytes: number) =>
      batches(of(...sizes), { count, bytes }).map((batch) => batch.map((one) => one.bytes.length))
    expect(cut([1, 1, 1, 1, 1], 2, 100)).toEqual([[1, 1], [1, 1], [1]])
    expect(cut([5, 5, 20, 1, 9, 1], 10, 10)).toEqual([[5, 5], [20], [1, 9], [1]])
    expect(cut([], 2, 2)).toEqual([])
  })
})
