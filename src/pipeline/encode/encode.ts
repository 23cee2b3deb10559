// Turns a result into what is delivered: DICOM SEG, structured report, PDF, Encapsulated PDF and the result itself, as artefacts.
import { buildEncapsulatedPdf } from '../../dicom/encapsulated-pdf.ts'
import { buildRejectionNote } from '../../dicom/rejection-note.ts'
import type { DicomObject } from '../../dicom/result-object.ts'
import { buildSegmentation } from '../../dicom/segmentation.ts'
import { buildMeasurementReport } from '../../dicom/sr/measurement-report.ts'
import { type AnalysisResult, RESULT_VERSION, type ReportableResult, type SequenceImage } from '../../domain/finding.ts'
import type { Artifact } from '../../domain/ports/analysis-store.ts'
import { packFigures } from '../../reports/kept-figures.ts'
import type { Letterhead } from '../../reports/page-content.ts'
import { drawReportPdf, reportFigures } from '../../reports/pdf.ts'
import { mayBeRejected, type Predecessor } from '../predecessor.ts'
import type { SequenceImages } from '../sequence-images.ts'
import { type ExtrasInput, encodeExtras, type WriteBack } from './extras.ts'
import { encodeSequences, type OtherSequence, sourceFrames } from './sequences.ts'

export interface EncodeInput {
  result: AnalysisResult
  images: SequenceImage[]
  reference: Pick<SequenceImages, 'series' | 'plan'>
  others: OtherSequence[]
  letterhead: Letterhead
  /** The address at which people reach the pages; absent if the site states none. */
  publicUrl?: string
  /** The network's output on its working grid. */
  response: ExtrasInput['response']
  /** From the heads that look at the image, also on the working grid. */
  saliency: ExtrasInput['saliency']
  /** The earlier analysis that this one supersedes. */
  predecessor?: Predecessor
  writeBack: WriteBack
}

/** All artefacts of one analysis. If nothing was found there is no SEG, because viewers hang on an empty one; report and PDF say so. */
export async function encodeResults(input: EncodeInput): Promise<Artifact[]> {
  const { result, reference, others, predecessor, writeBack } = input
  const referenceSeries = reference.series
  const { segmentation, ...reportable } = result
  const otherSeries = others.map(({ series }) => series)
  const figures = reportFigures({
    result: reportable,
    segmentation,
    images: input.images,
    ...(input.publicUrl !== undefined && { link: `${input.publicUrl}/analyses/${result.analysisId}` }),
  })
  const pdf = await drawReportPdf({
    result: reportable,
    figures,
    letterhead: input.letterhead,
  })
  const sources = {
    result: reportable,
    referenceSeries,
    sourceFrames: sourceFrames(referenceSeries, reference.plan),
    otherSources: otherSeries,
  }
  const seg = result.noFinding ? undefined : buildSegmentation({ ...sources, segmentation })
  const report = buildMeasurementReport({
    ...sources,
    grid: segmentation.grid,
    ...(seg ? { segmentation: seg } : {}),
    ...(predecessor?.report ? { predecessor: predecessor.report } : {}),
  })
  const extras = [
    ...(writeBack.segmentationPerSequence && seg ? encodeSequences(sources, segmentation, others) : []),
    ...encodeExtras({ ...input, sources, segmentation }, writeBack),
  ]
  const isNoted = writeBack.rejectSuperseded && predecessor !== undefined && mayBeRejected(predecessor)
  const encapsulated = buildEncapsulatedPdf({
    result: reportable,
    pdf,
    referenceInstance: referenceSeries.instances[0]!.metadata,
    sources: [referenceSeries, ...otherSeries],
  })
  return [
    { role: 'result', mediaType: 'application/json', bytes: storedForm(reportable) },
    { role: 'pdf', mediaType: 'application/pdf', bytes: pdf },
    { role: 'figures', mediaType: 'application/json', bytes: packFigures(figures) },
    dicomArtifact('encapsulated-pdf', encapsulated),
    dicomArtifact('report', report),
    ...(seg ? [dicomArtifact('segmentation', seg)] : []),
    ...extras.map(({ role, object }) => dicomArtifact(role, object)),
    ...(isNoted ? [noteOn(predecessor, input)] : []),
  ]
}

function storedForm(result: ReportableResult): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ schemaVersion: RESULT_VERSION, ...result }))
}

function noteOn({ objects }: Predecessor, { result, reference }: EncodeInput): Artifact {
  const referenceInstance = reference.series.instances[0]!.metadata
  return dicomArtifact('rejection-note', buildRejectionNote({ result, referenceInstance, rejected: objects }))
}

function dicomArtifact(role: Artifact['role'], object: DicomObject): Artifact {
  const { sopInstanceUid, seriesInstanceUid, sopClassUid, bytes } = object
  return { role, mediaType: 'application/dicom', bytes, sopInstanceUid, seriesInstanceUid, sopClassUid }
}
