// What every ImageArchive and the DICOMweb server behind it must do: run on the demo archive, and on a real Orthanc.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { text } from '../../src/dicom/dataset.ts'
import type { ImageArchive } from '../../src/domain/ports/image-archive.ts'
import { failureOf } from '../support/failure-of.ts'
import {
  type BuiltInstance,
  buildInstance,
  buildSeries,
  DEFLATED,
  EXPLICIT,
  IMPLICIT,
  JPEG_2000,
  RLE,
  SEG,
} from '../support/instances.ts'

export interface OpenArchive {
  archive: ImageArchive
  close(): Promise<void>
}

const ROOT = '1.2.826.0.1.3680043.8.498'
let studies = 100
/** A study UID of its own per test: the server is shared. */
const newStudy = () => {
  studies += 1
  return `${ROOT}.${studies}`
}

const uids = (instances: readonly BuiltInstance[]) => instances.map((one) => one.sopInstanceUid)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

export function imageArchiveContract(name: string, open: () => Promise<OpenArchive>) {
  describe(`ImageArchive on ${name}`, () => {
    let opened: OpenArchive
    let archive: ImageArchive

    beforeAll(async () => {
      opened = await open()
      archive = opened.archive
    })
    afterAll(() => opened?.close())

    const collect = async (study: string, series: string, expected: string[]) => {
      const got: string[] = []
      for await (const bytes of archive.retrieveSeries(study, series, expected)) got.push(hex(bytes))
      return got.sort()
    }
    const hexes = (instances: readonly BuiltInstance[]) => instances.map((one) => hex(one.bytes)).sort()

    it('finds nothing where nothing is', async () => {
      expect(await archive.searchStudies({ from: '19000101', to: '19000102' })).toEqual([])
      expect(await archive.searchInstances(newStudy())).toEqual([])
      const failure = await failureOf(archive.retrieveMetadata(newStudy()))
      expect(failure.code).toBe('NOT_FOUND')
    })

    it('stores a study and finds it by date and modality, with its count', async () => {
      const study = newStudy()
      const t1 = buildSeries(4, { study, series: `${study}.1`, studyDate: '20260115' })
      const seg = buildInstance({
        study,
        series: `${study}.2`,
        instance: `${study}.2.1`,
        sopClass: SEG,
        modality: 'SEG',
        studyDate: '20260115',
      })
      const outcomes = await archive.store(study, [...t1, seg])
      expect(outcomes).toEqual(
        [...uids(t1), seg.sopInstanceUid].map((sopInstanceUid) => ({ sopInstanceUid, stored: true })),
      )

      const summary = {
        studyInstanceUid: study,
        studyDate: '20260115',
        studyTime: '231500',
        modalities: ['MR', 'SEG'],
        instanceCount: 5,
      }
      const find = async (query: Parameters<ImageArchive['searchStudies']>[0]) => {
        const found = (await archive.searchStudies(query)).find((one) => one.studyInstanceUid === study)
        return found && { ...found, modalities: [...found.modalities].sort() }
      }
      expect(await find({ from: '20260114', to: '20260116', modality: 'MR' })).toEqual(summary)
      expect(await find({ from: '20260115', modality: 'MR' })).toEqual(summary)
      expect(await find({ to: '20260115' })).toEqual(summary)
      expect(await find({ from: '20260116', modality: 'MR' })).toBeUndefined()
      expect(await find({ to: '20260114' })).toBeUndefined()
      expect(await find({ from: '20260115', modality: 'CT' })).toBeUndefined()

      const instances = await archive.searchInstances(study)
      expect(instances.sort((a, b) => (a.sopInstanceUid < b.sopInstanceUid ? -1 : 1))).toEqual([
        ...t1.map((one) => ({
          seriesInstanceUid: `${study}.1`,
          sopInstanceUid: one.sopInstanceUid,
          sopClassUid: one.sopClassUid,
          modality: 'MR',
        })),
        { seriesInstanceUid: `${study}.2`, sopInstanceUid: seg.sopInstanceUid, sopClassUid: SEG, modality: 'SEG' },
      ])
    })

    it('finds the studies of one patient, and of nobody whose identifier is only like it', async () => {
      const owners = [
        ['PAT*7', 'A'],
        ['PAT*7', 'A'],
        ['PAT*7', ''],
        ['pat*7', 'A'],
        ['PAT-17', 'A'],
      ] as const
      const stored = []
      for (const [patientId, issuer] of owners) {
        const study = newStudy()
        const spec = { study, instance: `${study}.1.1`, patientId, ...(issuer && { issuer }), studyDate: '20240229' }
        await archive.store(study, [buildInstance(spec)])
        stored.push(study)
      }
      const patient = { patientId: 'PAT*7', issuerOfPatientId: 'A', onBehalfOf: newStudy() }
      const of = async (query: Parameters<ImageArchive['searchStudies']>[0]) =>
        (await archive.searchStudies(query)).map((one) => one.studyInstanceUid).sort()
      // The third one states no issuer: whose it is, its instances must tell.
      expect(await of({ patient, modality: 'MR' })).toEqual(stored.slice(0, 3).sort())
      expect(await of({ patient, to: '20240228' })).toEqual([])
      expect(await of({ patient: { ...patient, patientId: 'PAT*' } })).toEqual([])
    })

    it('gives metadata by series, without pixels, with names in their own scripts', async () => {
      const study = newStudy()
      const first = buildSeries(2, { study, series: `${study}.1` })
      const second = buildSeries(1, {
        study,
        series: `${study}.2`,
        description: 'FLAIR koronal größer',
        transferSyntax: IMPLICIT,
      })
      await archive.store(study, [...first, ...second])
      const described = await archive.retrieveMetadata(study)
      expect(described.studyInstanceUid).toBe(study)
      const bySeries = new Map(described.series.map((series) => [series.seriesInstanceUid, series]))
      expect([...bySeries.keys()].sort()).toEqual([`${study}.1`, `${study}.2`])
      expect(
        bySeries
          .get(`${study}.1`)!
          .instances.map((one) => one.sopInstanceUid)
          .sort(),
      ).toEqual(uids(first))
      for (const series of described.series) {
        expect(series.modality).toBe('MR')
        for (const { metadata, sopClassUid } of series.instances) {
          expect(sopClassUid).toBe(first[0]!.sopClassUid)
          expect(text(metadata, 'PatientName')).toBe('Łukasz^Żółć=山田^太郎')
          expect(text(metadata, 'PatientID')).toBe('PAT-1')
          expect(metadata['7FE00010']?.InlineBinary).toBeUndefined()
        }
      }
      expect(text(bySeries.get(`${study}.2`)!.instances[0]!.metadata, 'SeriesDescription')).toBe('FLAIR koronal größer')
    })

    it.each([
      ['Implicit VR Little Endian', IMPLICIT],
      ['Explicit VR Little Endian', EXPLICIT],
      ['Deflated Explicit VR Little Endian', DEFLATED],
      ['RLE Lossless', RLE],
      ['JPEG 2000 Lossless', JPEG_2000],
    ])('gives back %s byte for byte', async (_, transferSyntax) => {
      const study = newStudy()
      const built = buildInstance({ study, instance: `${study}.1.1`, transferSyntax, rows: 31, columns: 17 })
      const series = built.seriesInstanceUid
      await archive.store(study, [built])
      const alone = await archive.retrieveInstance(study, series, built.sopInstanceUid)
      expect(hex(alone)).toBe(hex(built.bytes))
      expect(await collect(study, series, [built.sopInstanceUid])).toEqual([hex(built.bytes)])
    })

    it('gives one series of several, each instance once, byte for byte', async () => {
      const study = newStudy()
      const wanted = buildSeries(5, { study, series: `${study}.1`, rows: 9 })
      const other = buildSeries(3, { study, series: `${study}.2` })
      await archive.store(study, [...other, ...wanted])
      const got = await collect(study, `${study}.1`, uids(wanted))
      expect(got).toEqual(hexes(wanted))
    })

    it('knows an instance by the UID of its data set, whatever its meta information says', async () => {
      const study = newStudy()
      const built = buildInstance({ study, instance: `${study}.1.1`, metaInstance: `${study}.7.7` })
      expect(await archive.store(study, [built])).toEqual([{ sopInstanceUid: `${study}.1.1`, stored: true }])
      expect((await archive.searchInstances(study)).map((one) => one.sopInstanceUid)).toEqual([`${study}.1.1`])
      expect(await collect(study, built.seriesInstanceUid, [`${study}.1.1`])).toEqual([hex(built.bytes)])
    })

    it('holds a series of 230 instances, all listed over several pages, all retrieved', async () => {
      const study = newStudy()
      const series = buildSeries(230, { study, series: `${study}.1`, rows: 2, columns: 3 })
      const outcomes = await archive.store(study, series)
      expect(outcomes.filter((one) => one.stored)).toHaveLength(230)
      expect(new Set((await archive.searchInstances(study)).map((one) => one.sopInstanceUid))).toEqual(
        new Set(uids(series)),
      )
      const got = await collect(study, `${study}.1`, uids(series))
      expect(got).toEqual(hexes(series))
    })

    it('stores again what is there already, and keeps it as it was', async () => {
      const study = newStudy()
      const series = buildSeries(3, { study, series: `${study}.1` })
      await archive.store(study, series)
      const again = await archive.store(study, series)
      expect(again.every((one) => one.stored)).toBe(true)
      expect(await archive.searchInstances(study)).toHaveLength(3)
      const other = buildInstance({
        study,
        series: `${study}.1`,
        instance: series[0]!.sopInstanceUid,
        patientName: 'Other^Name',
      })
      await archive.store(study, [other])
      expect(hex(await archive.retrieveInstance(study, `${study}.1`, series[0]!.sopInstanceUid))).toBe(
        hex(series[0]!.bytes),
      )
    })

    it('tells per instance what was stored when a part of the request is refused', async () => {
      const [study, otherStudy] = [newStudy(), newStudy()]
      const good = buildSeries(3, { study, series: `${study}.1` })
      const bad = buildInstance({ study: otherStudy, instance: `${otherStudy}.1.1` })
      const outcomes = await archive.store(study, [good[0]!, bad, good[1]!, good[2]!])
      expect(outcomes.map((one) => [one.sopInstanceUid, one.stored])).toEqual([
        [good[0]!.sopInstanceUid, true],
        [bad.sopInstanceUid, false],
        [good[1]!.sopInstanceUid, true],
        [good[2]!.sopInstanceUid, true],
      ])
      expect(new Set((await archive.searchInstances(study)).map((one) => one.sopInstanceUid))).toEqual(
        new Set(uids(good)),
      )
    })

    it('tells that nothing was stored when all is refused', async () => {
      const [study, otherStudy] = [newStudy(), newStudy()]
      const bad = buildInstance({ study: otherStudy, instance: `${otherStudy}.1.1` })
      const refused = await archive.store(study, [bad])
      expect(refused.map((one) => one.stored)).toEqual([false])
      const garbage = { sopInstanceUid: `${study}.1.9`, bytes: new Uint8Array(500).fill(65) }
      expect(await archive.store(study, [garbage])).toMatchObject([
        { sopInstanceUid: garbage.sopInstanceUid, stored: false },
      ])
      expect(await archive.searchInstances(study)).toEqual([])
    })

    it('names the instances that the archive does not have', async () => {
      const study = newStudy()
      const series = buildSeries(3, { study, series: `${study}.1` })
      await archive.store(study, series)
      const absent = `${study}.1.77`
      const failure = await failureOf(collect(study, `${study}.1`, [...uids(series), absent]))
      expect(failure.code).toBe('ARCHIVE_TRUNCATED')
      expect(failure.message).toBe(
        `1 of 4 instances of series ${study}.1 did not arrive, although the archive lists them: ${absent}`,
      )
      const alone = await failureOf(archive.retrieveInstance(study, `${study}.1`, absent))
      expect(alone.code).toBe('NOT_FOUND')
      expect(alone.message).toContain(`instance ${absent}`)
    })
  })
}
