// What a tumour board is shown: for each patient the delivered analysis of the latest study, as its last review left it.
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { BoardEntry, BoardPatient, BoardRequest } from '../domain/board.ts'
import { AppError } from '../domain/errors.ts'
import type { AnalysisStore, PatientAnalyses } from '../domain/ports/analysis-store.ts'
import type { ClinicalRecords } from '../domain/ports/clinical-record.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ReviewStore } from '../domain/ports/review-store.ts'
import { keptBoardPicture } from '../reports/kept-figures.ts'
import { drawMeetingPdf } from '../reports/meeting.ts'
import type { Letterhead } from '../reports/page-content.ts'
import { slideOf } from '../reports/slides.ts'
import { effectiveReview, resultOf } from './reviewed-pdf.ts'

export interface MeetingPorts {
  analyses: Pick<AnalysisStore, 'result' | 'artifact'> & PatientAnalyses
  reviews: Pick<ReviewStore, 'list'>
}

/** In the order requested; nobody is left out silently. */
export async function gatherMeeting(ports: MeetingPorts, patients: readonly BoardPatient[]): Promise<BoardEntry[]> {
  const entries: BoardEntry[] = []
  for (const patient of patients) entries.push(await entryOf(ports, patient))
  return entries
}

async function entryOf(
  { analyses, reviews }: MeetingPorts,
  { requested: request, ids }: BoardPatient,
): Promise<BoardEntry> {
  if (ids.length === 0) return { requested: request, notShown: 'no-identifier' }
  const records: AnalysisRecord[] = []
  for (const id of ids) {
    const ofPatient = await analyses.byPatientId(id)
    const issuers = new Set(ofPatient.map(({ summary }) => summary?.patient?.issuerOfPatientId ?? ''))
    if (issuers.size > 1) return { requested: request, notShown: 'several-issuers' }
    records.push(...ofPatient)
  }
  const latest = records.sort((a, b) => ageOf(b).localeCompare(ageOf(a)))[0]
  if (!latest) return { requested: request, notShown: 'no-result' }
  const { analysisId } = latest
  const result = await resultOf(analyses, analysisId)
  const last = (await reviews.list(analysisId)).at(-1)
  const figures = await analyses.artifact(analysisId, 'figures')
  return {
    requested: request,
    analysisId,
    result,
    ...(last && { review: effectiveReview(result, last) }),
    ...(figures && { figures: figures.bytes }),
  }
}

/** Sorts by the time of imaging, and two analyses of one study by when they were registered. */
function ageOf({ summary, createdAt }: AnalysisRecord): string {
  return `${summary?.study?.studyDate ?? ''} ${summary?.study?.studyTime ?? ''} ${createdAt}`
}

export interface BoardOptions {
  letterhead: Letterhead
  software: { name: string; version: string }
}

/** For the pages and the command: whom a meeting is about, as slides or as one PDF. Throws NOT_FOUND, EHR_*. */
export function createBoard(
  ports: MeetingPorts & { ehr: Pick<ClinicalRecords, 'patientsOfList'>; clock: Pick<Clock, 'now'> },
  { letterhead, software }: BoardOptions,
) {
  const { analyses, ehr, clock } = ports
  const patientsOf = async (request: BoardRequest): Promise<BoardPatient[]> => {
    if ('patients' in request) return request.patients.map((id) => ({ requested: id.patientId, ids: [id] }))
    if (!ehr.patientsOfList) throw new AppError('INTERNAL', 'this EHR adapter reads no lists')
    return ehr.patientsOfList(request.list)
  }
  const entriesOf = async (request: BoardRequest) => gatherMeeting(ports, await patientsOf(request))
  return {
    slides: async (request: BoardRequest) => (await entriesOf(request)).map(slideOf),
    pdf: async (request: BoardRequest) =>
      drawMeetingPdf({ entries: await entriesOf(request), letterhead, at: clock.now(), software }),
    picture: async (analysisId: string, index: number) => {
      const figures = await analyses.artifact(analysisId, 'figures')
      return figures && keptBoardPicture(figures.bytes, index)
    },
  }
}
