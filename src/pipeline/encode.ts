// From a result to what is delivered: DICOM SEG, PDF, Encapsulated PDF and the result itself, as artefacts.
import { buildEncapsulatedPdf } from '../dicom/encapsulated-pdf.ts'
import { buildSegmentation } from '../dicom/segmentation.ts'
import type { SeriesPlan } from '../dicom/series-volume.ts'
import type { AnalysisResult, SequenceImage } from '../domain/finding.ts'
import type { Artifact } from '../domain/ports.ts'
import type { Series } from '../domain/study.ts'
import { renderReportPdf } from '../reports/pdf.ts'

export interface EncodeInput {
  result: AnalysisResult
  images: SequenceImage[]
  referenceSeries: Series
  referencePlan: SeriesPlan
  otherSeries: Series[]
  institution: string
}

/** All artefacts of one analysis. Nothing found: no SEG, since viewers hang on an empty one; the PDF says so. */
export async function encodeResults(input: EncodeInput): Promise<Artifact[]> {
  const { result, referenceSeries } = input
  const { segmentation, ...reportable } = result
  const pdf = await renderReportPdf({
    result: reportable,
    segmentation,
    images: input.images,
    institution: input.institution,
  })
  const encapsulated = buildEncapsulatedPdf({
    result: reportable,
    pdf,
    referenceInstance: referenceSeries.instances[0]!.metadata,
    sources: [referenceSeries, ...input.otherSeries],
  })
  const artifacts: Artifact[] = [
    { role: 'result', mediaType: 'application/json', bytes: new TextEncoder().encode(JSON.stringify(reportable)) },
    { role: 'pdf', mediaType: 'application/pdf', bytes: pdf },
    { role: 'encapsulated-pdf', mediaType: 'application/dicom', ...encapsulated },
  ]
  if (result.noFinding) return artifacts
  const sopClassOf = new Map(
    referenceSeries.instances.map((instance) => [instance.sopInstanceUid, instance.sopClassUid]),
  )
  const seg = buildSegmentation({
    result: reportable,
    segmentation,
    referenceSeries,
    sourceFrames: input.referencePlan.frames.map((frame) => ({
      ...frame,
      sopClassUid: sopClassOf.get(frame.sopInstanceUid)!,
    })),
    otherSources: input.otherSeries,
  })
  return [...artifacts, { role: 'segmentation', mediaType: 'application/dicom', ...seg }]
}
