// Optional DICOM objects that a site can switch on: key pictures, label map, probabilities, uncertainty, saliency.
import { decode } from 'fast-png'
import type { GridSources } from '../../dicom/grid-object.ts'
import { buildLabelMap } from '../../dicom/label-map.ts'
import { buildParametricMap, SALIENCY_MAP, UNCERTAINTY_MAP } from '../../dicom/parametric-map.ts'
import { buildProbabilityMap } from '../../dicom/probability-map.ts'
import type { DicomObject } from '../../dicom/result-object.ts'
import { buildSecondaryCapture } from '../../dicom/secondary-capture.ts'
import { AppError } from '../../domain/errors.ts'
import type { SequenceImage } from '../../domain/finding.ts'
import type { ArtifactRole } from '../../domain/ports/analysis-store.ts'
import type { SegmentResponse } from '../../domain/ports/model-runner.ts'
import type { LabelVolume } from '../../domain/volume.ts'
import type { SaliencyMap } from '../../inference/encoder/saliency.ts'
import { resample } from '../../inference/volumes/resample.ts'
import { renderKeyImages } from '../../reports/key-images.ts'

/** What a site wants besides segmentation and report; each costs storage, or demands more of a viewer. */
export interface WriteBack {
  /** Pictures with the outlines drawn in, for viewers that show no segmentations. */
  keyImages: boolean
  /** The segmentation repeated on the grid of every other sequence. */
  segmentationPerSequence: boolean
  /** The segmentation repeated as a label map. */
  labelMap: boolean
  /** The probabilities behind the segmentation. */
  probabilities: boolean
  /** Where the network's samples differ. */
  uncertainty: boolean
  /** Which parts of the image influenced the heads that look at it. */
  saliency: boolean
  /** Withdraws the objects of a superseded analysis. */
  rejectSuperseded: boolean
}

export interface ExtrasInput {
  sources: GridSources
  segmentation: LabelVolume
  images: SequenceImage[]
  /** The output of the networks. */
  response: Pick<SegmentResponse, 'grid' | 'probabilities' | 'deviation'>
  saliency: SaliencyMap[]
}

/** Without a tumour there is nothing to outline; what the network was unsure of is shown all the same. */
export function encodeExtras(input: ExtrasInput, writeBack: WriteBack): { role: ArtifactRole; object: DicomObject }[] {
  const { sources, segmentation } = input
  const hasFinding = !sources.result.noFinding
  const made: { role: ArtifactRole; object: DicomObject | undefined }[] = [
    ...(writeBack.keyImages && hasFinding ? keyImages(input) : []),
    ...(writeBack.labelMap && hasFinding
      ? [{ role: 'label-map' as const, object: buildLabelMap({ ...sources, segmentation }) }]
      : []),
    ...(writeBack.probabilities && hasFinding
      ? [{ role: 'probabilities' as const, object: probabilities(input) }]
      : []),
    ...(writeBack.uncertainty ? [{ role: 'uncertainty' as const, object: uncertainty(input) }] : []),
    ...(writeBack.saliency ? input.saliency.map((one) => saliencyMap(one, input)) : []),
  ]
  return made.flatMap(({ role, object }) => (object === undefined ? [] : [{ role, object }]))
}

function keyImages({ sources, segmentation, images }: ExtrasInput) {
  const { result, referenceSeries } = sources
  return renderKeyImages({ segmentation, images, segments: result.segments }).map(({ png, alternative }, index) => {
    const { data, width, height } = decode(png)
    if (!(data instanceof Uint8Array)) throw new AppError('INTERNAL', 'a key picture is not of eight bits')
    const picture = { number: index + 1, description: alternative, width, height, rgb: data }
    return {
      role: `key-image-${index + 1}` as const,
      object: buildSecondaryCapture({ result, referenceSeries, ...picture }),
    }
  })
}

function probabilities({ sources, segmentation, response }: ExtrasInput): DicomObject | undefined {
  const { grid } = segmentation
  return buildProbabilityMap({
    ...sources,
    grid,
    probabilityOf: ({ label }) => resample({ grid: response.grid, data: response.probabilities[label]! }, grid),
  })
}

/** Undefined if the network ran only once: then the spread is unknown. */
function uncertainty({ sources, segmentation, response }: ExtrasInput): DicomObject | undefined {
  if (response.deviation === undefined) return undefined
  return buildParametricMap({
    ...sources,
    map: resample({ grid: response.grid, data: response.deviation }, segmentation.grid),
    role: 'uncertainty',
    shows: UNCERTAINTY_MAP,
    description: "Standard deviation of the tumour's probability over samples",
  })
}

function saliencyMap({ head, map }: SaliencyMap, { sources, segmentation }: ExtrasInput) {
  const role = `saliency-${head}` as const
  const description = `Change of the ${head} score when a block is hidden`
  const onReference = resample(map, segmentation.grid)
  return { role, object: buildParametricMap({ ...sources, map: onReference, role, shows: SALIENCY_MAP, description }) }
}
