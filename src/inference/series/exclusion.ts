// Reasons why a series cannot be one of the structural sequences, whatever its contrast: each is one sentence for a person.
import { readBodyPart } from '../../dicom/body-part.ts'
import { table } from '../../domain/table.ts'
import { weightingByPhysics } from './evidence.ts'
import type { SeriesFacts } from './facts.ts'
import { STACK_LIMITS } from './header-limits.ts'
import { foldDescription, LEFT_BY_WORDS, OTHER_BODY, says } from './vocabulary.ts'

const MR_IMAGE_CLASSES = new Set([
  '1.2.840.10008.5.1.4.1.1.4', // MR Image
  '1.2.840.10008.5.1.4.1.1.4.1', // Enhanced MR Image
  '1.2.840.10008.5.1.4.1.1.4.4', // Legacy Converted Enhanced MR Image
])

/** Values of ImageType (0008,0008) or of the frame type that name something else than an anatomical image. */
const IMAGE_TYPES: readonly (readonly [string, RegExp])[] = [
  ['localizer', /^LOCALI[SZ]ER$/],
  ['diffusion', /^(DIFFUSION.*|DWI|ADC|EADC|TRACE.*|FA|TENSOR.*|DTI|COLFA|ISOTROPIC|B_?VALUE|CALC_BVALUE|EXP)$/],
  ['perfusion', /^(PERFUSION.*|ASL|CBF|CBV|R?R?CBV|RCBF|MTT|TTP|TMAX|KTRANS|GBP|PBP|RELCB[FV]|RELMTT)$/],
  ['angiography', /^(ANGIO|TOF|FLOW.*|VELOCITY.*|MAGNITUDE_PC|PCA.*)$/],
  ['susceptibility imaging', /^(SWI|SWAN|QSM|SW_.*)$/],
  ['functional imaging', /^(FMRI|BOLD|T_MAP|MOCO_FMRI)$/],
  ['a projection', /^(PROJECTION IMAGE|MIP|MAX_IP|MIN_IP|MINIP|MNIP|VOLUME_RENDER.*|VRT)$/],
  ['subtraction', /^(SUB|SUBTRACT.*)$/],
  ['a computed map', /^(.*[ _]MAP|MAP|T1MAP|T2MAP|R2|R2\*|T2 ?STAR.*|SYNTHETIC|QUANT.*|B0|B1|FIELD.*)$/],
  ['no magnitude image', /^(P|PHASE|R|REAL|I|IMAGINARY|PHASE MAP|REAL_?IMAGE|IMAG_?IMAGE)$/],
  ['a screen capture', /^(SCREEN SAVE|SCREENSHOT|PASTED|OPERATOR|REPORT)$/],
]

const REFORMATTED = /^(MPR.*|CSA MPR.*|REFORMATTED|CSAPARALLEL|CURVED.*|AVERAGE)$/

/** AcquisitionContrast (0008,9209, PS3.3 C.8.13.3.1.1) of images that we do not use. */
const CONTRASTS = table<string>({
  DIFFUSION: 'diffusion',
  PERFUSION: 'perfusion',
  FLOW_ENCODED: 'angiography',
  T2_STAR: 'T2*-weighted',
  SUSCEPTIBILITY: 'susceptibility imaging',
  PROTON_DENSITY: 'proton density',
  STIR: 'short-tau inversion recovery',
  TAGGING: 'tagging',
  TEMPERATURE: 'a temperature map',
  VELOCITY: 'angiography',
})

export interface Exclusion {
  /** One sentence for a person. */
  reason: string
  /** The image may well be one of the sequences, but cannot be used as a volume in the form it was acquired. */
  unusable?: true
}

/** Why the series is excluded, or undefined if it may be one of the structural sequences. */
export function exclusionReason(facts: SeriesFacts): Exclusion | undefined {
  const kind = noMrImage(facts) ?? byKind(facts)
  if (kind) return { reason: kind }
  const made = byMaking(facts) ?? byStack(facts)
  for (const named of [byWords(facts), byBody(facts)])
    if (named && !mayBeOverruled(facts, named) && !(made && named.ofSequence)) return { reason: named.reason }
  const geometry = byGeometry(facts)
  if (made) return { reason: made, ...(geometry && facts.positions > 0 ? {} : { unusable: true as const }) }
  if (geometry) return { reason: geometry, ...(spansBrain(facts) ? { unusable: true as const } : {}) }
  return undefined
}

/**
 * Doubt that a word in the description casts on an acquired image whose timing says otherwise ("T1 KM Plan", "t1_mpr"): the series
 * is selected only if there is no other.
 */
export function doubt(facts: SeriesFacts): string | undefined {
  return byWords(facts)?.reason ?? (isTransferPrepared(facts) ? TRANSFER : undefined)
}

/** Why the series cannot serve as a map that the bundle declares. */
export function mapExclusionReason(facts: SeriesFacts): string | undefined {
  return noMrImage(facts) ?? byStack(facts) ?? byBody(facts)?.reason ?? byGeometry(facts)
}

/** Why it could not be analysed even if the settings named it: no MR images, or no volume of a head. */
export function impossibleReason(facts: SeriesFacts): string | undefined {
  return noMrImage(facts) ?? byGeometry(facts)
}

function noMrImage(f: SeriesFacts): string | undefined {
  if (f.modality !== 'MR') return `Modality is ${f.modality || 'empty'}, not MR`
  if (!f.sopClassUids.every((uid) => MR_IMAGE_CLASSES.has(uid))) return 'its instances are not MR images'
  if (f.photometricInterpretation !== '' && !f.photometricInterpretation.startsWith('MONOCHROME'))
    return `a colour image (PhotometricInterpretation ${f.photometricInterpretation})`
  return undefined
}

function byKind(f: SeriesFacts): string | undefined {
  for (const value of f.imageType) {
    for (const [kind, pattern] of IMAGE_TYPES) if (pattern.test(value)) return `${kind} (ImageType ${value})`
  }
  const contrast = CONTRASTS[f.acquisitionContrast]
  if (contrast) return `${contrast} (AcquisitionContrast ${f.acquisitionContrast})`
  if (f.bValues.some((b) => b > 0)) return `diffusion (DiffusionBValue ${f.bValues.filter((b) => b > 0).join(', ')})`
  if (f.angio) return 'angiography (AngioFlag Y)'
  if (f.dixon === 'fat' || f.dixon === 'opposed phase')
    return `the ${f.dixon} image of a Dixon acquisition (ImageType ${f.imageType.join('\\')})`
  if (f.scanning.has('EP')) return 'echo-planar imaging'
  if (isTransferPrepared(f) && !isT1SpinEcho(f)) return TRANSFER
  return undefined
}

export const TRANSFER = 'magnetisation transfer'

const isTransferPrepared = (f: SeriesFacts) =>
  f.variant.has('MTC') || f.scanOptions.some((option) => /^(MT|MTC|MAGNETIZATION_TRANSFER)$/.test(option))

/** In spin echoes after contrast, a saturation pulse makes the agent stand out; in gradient echoes it serves a measurement. */
const isT1SpinEcho = (f: SeriesFacts) =>
  f.scanning.has('SE') && !f.scanning.has('GR') && weightingByPhysics(f).weighting === 'T1'

/** Made from other images: may show the sequence, but is not the acquired image. */
function byMaking(f: SeriesFacts): string | undefined {
  const reformatted = f.imageType.find((value) => REFORMATTED.test(value))
  if (reformatted) return `reformatted from another series (ImageType ${reformatted})`
  // The water and in-phase images of a Dixon acquisition and the uniform image of MP2RAGE are computed by the scanner as its result.
  if (f.dixon || f.imageType.includes('UNI')) return undefined
  if (f.imageType[0] === 'DERIVED' && !isCorrectedOnly(f.imageType))
    return `derived from other images (ImageType ${f.imageType.join('\\')})`
  if (f.imageType[1] === 'SECONDARY') return `made from other images (ImageType ${f.imageType.join('\\')})`
  return undefined
}

/** Anything but one stack of one image per position. */
function byStack(f: SeriesFacts): string | undefined {
  if (f.orientations > 1) return `localizer or several stacks: ${f.orientations} slice orientations`
  if (f.positions > 0 && f.images >= STACK_LIMITS.imagesPerPosition.value * f.positions) {
    return f.echoTimes.length > 1
      ? `several echoes in one series (EchoTime ${f.echoTimes.join(', ')} ms)`
      : `a time series: ${f.images} images at ${f.positions} slice positions`
  }
  if (f.echoTimes.length > 1 && f.echoTimes.at(-1)! > STACK_LIMITS.echoRatio.value * f.echoTimes[0]!)
    return `several echo times in one series (${f.echoTimes.join(', ')} ms)`
  return undefined
}

/** Distortion and intensity corrections, which scanners apply by default, do not change what an image is. */
function isCorrectedOnly(imageType: string[]): boolean {
  return (
    imageType[1] === 'PRIMARY' &&
    imageType.some((value) => /^(DIS2D|DIS3D|NORM|FILTERED|DISTORTION_CORRECTED)$/.test(value))
  )
}

interface Named {
  reason: string
  /** It was made from an image that is of the sequence all the same. */
  ofSequence?: boolean
  /** Weightings whose complete timing overrules the word. */
  yieldsTo: readonly string[]
}

function byWords(f: SeriesFacts): Named | undefined {
  const folded = foldDescription(f.description)
  const named = LEFT_BY_WORDS.filter(({ words }) => says(words, folded)).map((one) => ({
    reason: `${one.kind}, by its description`,
    ofSequence: one.kind === 'reformatted from another series',
    yieldsTo: one['yields to'],
  }))
  // A word that the timing cannot overrule decides.
  return named.find((one) => !mayBeOverruled(f, one)) ?? named[0]
}

/** ImageType ORIGINAL and complete timing say what an image is, whatever one word of its description may mean. */
function mayBeOverruled(f: SeriesFacts, { yieldsTo }: Named): boolean {
  const { weighting, decisive } = weightingByPhysics(f)
  return f.imageType[0] !== 'DERIVED' && decisive && weighting !== undefined && yieldsTo.includes(weighting)
}

function byBody(f: SeriesFacts): Named | undefined {
  const other = f.bodyParts.find((part) => readBodyPart(part) === 'other')
  if (other && !f.bodyParts.some((part) => readBodyPart(part) === 'head'))
    return { reason: `other body part (${other})`, yieldsTo: [] }
  const folded = foldDescription(f.description)
  if (says(OTHER_BODY, folded) && readBodyPart(folded) !== 'head')
    return { reason: 'other body part, by its description', yieldsTo: [] }
  return undefined
}

/** Whether its slices together span a head, however far apart they are. */
function spansBrain(f: SeriesFacts): boolean {
  return (
    f.positions === 0 ||
    (f.positions >= STACK_LIMITS.minPositions.value && f.coverage! >= STACK_LIMITS.minCoverage.value)
  )
}

function byGeometry(f: SeriesFacts): string | undefined {
  if (f.positions === 0) return 'no slice positions (ImagePositionPatient, ImageOrientationPatient) in its headers'
  if (f.positions < STACK_LIMITS.minPositions.value) return `too few slices for a head: ${f.positions}`
  if (f.sliceSpacing! > STACK_LIMITS.maxSpacing.value + STACK_LIMITS.rounding.value)
    return `slices ${f.sliceSpacing!.toFixed(1)} mm apart, more than ${STACK_LIMITS.maxSpacing.value} mm`
  if (f.coverage! < STACK_LIMITS.minCoverage.value) return `covers only ${Math.round(f.coverage!)} mm across its slices`
  if (f.fieldOfView !== undefined && f.fieldOfView < STACK_LIMITS.minFieldOfView.value)
    return `field of view of only ${Math.round(f.fieldOfView)} mm`
  return undefined
}
