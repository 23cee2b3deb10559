// A later analysis of a study: its report names the earlier one, and a note withdraws what that one stored, on the archive.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { items, text } from '../../src/dicom/dataset.ts'
import { readPart10 } from '../../src/dicom/part10.ts'
import type { AnalysisRecord } from '../../src/domain/analysis.ts'
import type { AnalysisResult } from '../../src/domain/finding.ts'
import type { Artifact, ArtifactRole } from '../../src/domain/ports/analysis-store.ts'
import type { ImageArchive } from '../../src/domain/ports/image-archive.ts'
import type { Decision } from '../../src/domain/review.ts'
import type { DicomJson } from '../../src/domain/study.ts'
import { deliver } from '../../src/pipeline/deliver.ts'
import { imageSetDigest } from '../../src/pipeline/intake.ts'
import { acceptanceNotes, findPredecessor } from '../../src/pipeline/predecessor.ts'
import { inputOf } from '../dicom/report-input.ts'
import { STUDY_UID } from '../dicom/support.ts'
import { encodeStudy, startArchive, storeImages, twoSeries } from '../support/encoded-study.ts'
import { createMemoryWatchStore } from '../support/memory-watch-store.ts'
import { NOTHING_MORE } from '../support/network-output.ts'
import { quietLog } from '../support/quiet-log.ts'

let server: Awaited<ReturnType<typeof startArchive>>
let archive: ImageArchive
beforeEach(async () => {
  server = await startArchive()
  archive = server.archive
})
afterEach(() => server.close())

/** Analyses of one study with their artefacts, as the store keeps them. */
function memoryAnalyses() {
  const records = new Map<string, AnalysisRecord>()
  const artifacts = new Map<string, Artifact[]>()
  return {
    add(analysisId: string, createdAt: string, made: Artifact[]): AnalysisRecord {
      const legs = (['pacs', 'ehr'] as const).map((leg) => ({
        leg,
        state: leg === 'pacs' ? ('waiting' as const) : ('done' as const),
        attempts: 0,
      }))
      const sequence = records.size + 1
      const record = { analysisId, studyInstanceUid: STUDY_UID, sequence, createdAt, legs } as unknown as AnalysisRecord
      records.set(analysisId, record)
      artifacts.set(analysisId, made)
      return record
    },
    decide(id: string, decision: Decision) {
      const at = '2025-03-14T12:00:00.000Z'
      records.set(id, {
        ...records.get(id)!,
        review: { number: 1, decision, at, reviewer: 'r', edits: [], delivered: false },
      })
    },
    count: () => records.size,
    get: async (id: string) => records.get(id),
    byStudy: async () => [...records.values()],
    artifacts: async (id: string) => artifacts.get(id) ?? [],
    async updateLeg(id: string, leg: string, change: object) {
      const record = records.get(id)!
      const legs = record.legs.map((one) => (one.leg === leg ? { ...one, ...change } : one))
      records.set(id, { ...record, legs })
      return legs.find((one) => one.leg === leg)!
    },
  }
}

/** Stores the images, then one analysis after the other. */
async function scenario(options: { rejectSuperseded: boolean; excludedRoles?: ArtifactRole[] }) {
  const series = await twoSeries()
  await storeImages(archive, series)
  const analyses = memoryAnalyses()
  const watch = createMemoryWatchStore()
  const analyse = async (analysisId: string, analysedAt: string, beforeDelivery = () => {}) => {
    const input = inputOf(series.reference, series.other)
    const predecessor = await findPredecessor(analyses, { studyInstanceUid: STUDY_UID, sequence: analyses.count() + 1 })
    const result: AnalysisResult = { ...input.result, analysisId, analysedAt, segmentation: input.labels }
    const writeBack = { ...NOTHING_MORE, rejectSuperseded: options.rejectSuperseded }
    const made = await encodeStudy(series, result, { ...(predecessor && { predecessor }), writeBack })
    const record = analyses.add(analysisId, analysedAt, made)
    beforeDelivery()
    const excludedRoles = new Set(options.excludedRoles)
    const clock = { now: () => new Date(0), sleep: async () => undefined }
    const ports = { archive, watch, analyses, clock, log: quietLog }
    const outcome = await deliver(ports as unknown as Parameters<typeof deliver>[0], record, {
      excludedRoles: excludedRoles,
      maxAttempts: { pacs: 1, ehr: 1 },
    })
    expect(outcome).toEqual({ do: 'done' })
    return made
  }
  const fetchRole = async (made: Artifact[], role: ArtifactRole): Promise<DicomJson | undefined> => {
    const found = made.find((artifact) => artifact.role === role)
    if (found === undefined) return undefined
    const bytes = await archive.retrieveInstance(STUDY_UID, found.seriesInstanceUid!, found.sopInstanceUid!)
    return readPart10(bytes).dataset
  }
  return { analyses, watch, analyse, fetchRole }
}

const references = (ds: DicomJson, keyword: string) =>
  items(ds, keyword).flatMap((study) =>
    items(study, 'ReferencedSeriesSequence').flatMap((series) =>
      items(series, 'ReferencedSOPSequence').map((one) => text(one, 'ReferencedSOPInstanceUID')),
    ),
  )

describe('a later analysis of a study', () => {
  it('names the report of the earlier one, and withdraws what it stored', async () => {
    const { analyse, fetchRole, watch } = await scenario({ rejectSuperseded: true })
    const before = await imageSetDigest(watch, await archive.retrieveMetadata(STUDY_UID))
    const first = await analyse('first', '2025-03-14T07:41:09.000Z')
    const second = await analyse('second', '2025-03-15T07:41:09.000Z')
    const uidOf = (made: Artifact[], role: ArtifactRole) => made.find((one) => one.role === role)!.sopInstanceUid
    expect(first.map(({ role }) => role)).not.toContain('rejection-note')
    expect(references((await fetchRole(first, 'report'))!, 'PredecessorDocumentsSequence')).toEqual([])
    expect(references((await fetchRole(second, 'report'))!, 'PredecessorDocumentsSequence')).toEqual([
      uidOf(first, 'report'),
    ])
    const note = (await fetchRole(second, 'rejection-note'))!
    expect([text(note, 'Modality'), text(items(note, 'ConceptNameCodeSequence')[0]!, 'CodeValue')]).toEqual([
      'KO',
      '113001',
    ])
    const withdrawn = (['segmentation', 'encapsulated-pdf', 'report'] as const).map((role) => uidOf(first, role))
    expect(references(note, 'CurrentRequestedProcedureEvidenceSequence').sort()).toEqual([...withdrawn].sort())
    const named = items(note, 'ContentSequence').flatMap((item) =>
      items(item, 'ReferencedSOPSequence').map((one) => [
        text(item, 'ValueType'),
        text(one, 'ReferencedSOPInstanceUID'),
      ]),
    )
    expect(named.map(([, uid]) => uid).sort()).toEqual([...withdrawn].sort())
    expect(named.find(([type]) => type === 'IMAGE')?.[1]).toBe(uidOf(first, 'segmentation'))
    // None of it looks like a new study.
    expect(await imageSetDigest(watch, await archive.retrieveMetadata(STUDY_UID))).toBe(before)
    const own = await watch.isOwn(second.flatMap((one) => one.sopInstanceUid ?? []))
    expect(own.size).toBe(4)
  })

  it('withdraws nothing unless the site wants it, and nothing that was not stored', async () => {
    const plain = await scenario({ rejectSuperseded: false })
    await plain.analyse('first', '2025-03-14T07:41:09.000Z')
    const second = await plain.analyse('second', '2025-03-15T07:41:09.000Z')
    expect(second.map(({ role }) => role)).not.toContain('rejection-note')
  })

  it('does not name what was kept back, and withdraws only what was stored', async () => {
    const { analyse, fetchRole } = await scenario({
      rejectSuperseded: true,
      excludedRoles: ['report', 'encapsulated-pdf'],
    })
    const first = await analyse('first', '2025-03-14T07:41:09.000Z')
    const second = await analyse('second', '2025-03-15T07:41:09.000Z')
    const report = second.find(({ role }) => role === 'report')!
    expect(references(readPart10(report.bytes).dataset, 'PredecessorDocumentsSequence')).toEqual([])
    const note = (await fetchRole(second, 'rejection-note'))!
    expect(references(note, 'CurrentRequestedProcedureEvidenceSequence')).toEqual([
      first.find(({ role }) => role === 'segmentation')!.sopInstanceUid,
    ])
  })

  it.each(['accept', 'accept-with-edits', 'reject'] as const)(
    'rejects nothing of an analysis that a person has decided on: %s',
    async (decision) => {
      const { analyse, analyses, fetchRole } = await scenario({ rejectSuperseded: true })
      const first = await analyse('first', '2025-03-14T07:41:09.000Z')
      analyses.decide('first', decision)
      const second = await analyse('second', '2025-03-15T07:41:09.000Z')
      expect(second.map(({ role }) => role)).not.toContain('rejection-note')
      expect(references((await fetchRole(second, 'report'))!, 'PredecessorDocumentsSequence')).toEqual([
        first.find(({ role }) => role === 'report')!.sopInstanceUid,
      ])
      const found = await findPredecessor(analyses, { studyInstanceUid: STUDY_UID, sequence: 2 })
      const notes = acceptanceNotes(found).map(({ text }) => text)
      const said = 'A reviewer accepted an earlier analysis of this study on 2025-03-14; this one does not replace it.'
      expect(notes).toEqual(decision === 'reject' ? [] : [said])
    },
  )

  it('does not send a note once a person has decided while it waited', async () => {
    const { analyse, analyses, fetchRole } = await scenario({ rejectSuperseded: true })
    await analyse('first', '2025-03-14T07:41:09.000Z')
    const second = await analyse('second', '2025-03-15T07:41:09.000Z', () => analyses.decide('first', 'accept'))
    expect(second.map(({ role }) => role)).toContain('rejection-note')
    await expect(fetchRole(second, 'rejection-note')).rejects.toThrow()
    expect(await fetchRole(second, 'report')).toBeDefined()
  })

  it('takes the latest of several, never itself, and never a later one, whatever the clock said', async () => {
    const { analyse, analyses } = await scenario({ rejectSuperseded: false })
    for (const [id, day] of [
      ['first', 12],
      ['second', 10],
      ['third', 11],
    ] as const)
      await analyse(id, `2025-03-${day}T00:00:00.000Z`)
    const found = async (sequence: number) =>
      (await findPredecessor(analyses, { studyInstanceUid: STUDY_UID, sequence }))?.analysisId
    expect(await found(4)).toBe('third')
    expect(await found(3)).toBe('second')
    expect(await found(2)).toBe('first')
    expect(await found(1)).toBeUndefined()
  })
})
