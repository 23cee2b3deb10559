// What kind of image a series of the head is: its weighting by the physics of the pulse sequence, and only then by words.
import { IMAGE_LIMITS } from '../../dicom/image-limits.ts'
import type { ParameterMap } from '../../domain/study.ts'
import type { SeriesFacts } from './facts.ts'
import { TIMING_LIMITS as T } from './header-limits.ts'
import { foldDescription, SEQUENCE_WORDS, says } from './vocabulary.ts'

export type Weighting = 'T1' | 'T2' | 'FLAIR'

export interface Evidence {
  /** For a map, its quantity. */
  weighting: Weighting | ParameterMap | undefined
  /** Strongest first. */
  reasons: string[]
  /** Neither timing nor words say what it is, so the pixels may decide. */
  silent?: boolean
}

/** Reads the weighting. A description never overrules the physics. */
export function evidence(facts: SeriesFacts): Evidence {
  const physics = weightingByPhysics(facts)
  const worded = weightingByWords(foldDescription(facts.description))
  const reasons: string[] = []
  if (physics.text) reasons.push(physics.text)
  if (physics.weighting && worded && worded !== physics.weighting)
    reasons.push(`the description suggests ${worded}, the headers decide`)
  else if (worded) reasons.push(`${worded} in the description`)
  const weighting = physics.decisive ? physics.weighting : (physics.weighting ?? worded)
  return { weighting, reasons, silent: weighting === undefined && !physics.decisive && !physics.mayBeFlow }
}

export interface Physics {
  weighting: Weighting | undefined
  text: string
  /** The parameters are complete: even if they fit none of the three weightings, the description cannot change that. */
  decisive: boolean
  /** Timed like time-of-flight angiography, in which tissue looks T1-weighted: only a description can say that it is T1. */
  mayBeFlow?: true
}

export function weightingByPhysics(f: SeriesFacts): Physics {
  const tr = f.repetitionTime
  const te = f.echoTimes[0]
  const ti = f.inversionTime
  const named = { T1: 'T1', T2: 'T2', FLUID_ATTENUATED: 'FLAIR' } as Partial<Record<string, Weighting>>
  const declared = named[f.acquisitionContrast]
  const timing = [`TR ${short(tr)}`, `TE ${short(te)}`, ...(ti === undefined ? [] : [`TI ${short(ti)}`])].join(', ')
  if (declared)
    return {
      weighting: declared,
      text: `AcquisitionContrast ${f.acquisitionContrast}, ${timing}: ${declared}`,
      decisive: true,
    }
  if (te === undefined || tr === undefined)
    return { weighting: undefined, text: `incomplete timing (${timing})`, decisive: false }
  const is = (weighting: Weighting | undefined, what: string): Physics => ({
    weighting,
    text: `${timing}: ${what}`,
    decisive: true,
  })

  if (ti !== undefined && ti > 0) {
    if (ti >= T.flairInversion.value && te >= T.flairEcho.value && tr >= T.flairRepetition.value)
      return is('FLAIR', 'FLAIR')
    if (ti <= T.shortTauInversion.value && tr >= T.shortTauRepetition.value && te >= T.shortTauEcho.value)
      return is(undefined, 'short-tau inversion recovery')
    if (ti >= T.minT1Inversion.value && ti < T.maxT1Inversion.value && te < T.maxT1InversionEcho.value)
      return is('T1', 'T1-weighted inversion recovery')
    if (f.scanning.has('IR')) return is(undefined, 'inversion recovery of none of the known kinds')
  }
  if (f.scanning.has('IR') && ti === undefined && te >= T.flairEcho.value) {
    if (tr >= T.untimedFlairRepetition.value && te >= T.untimedFlairEcho.value)
      return is('FLAIR', 'FLAIR, although InversionTime is absent')
    return { weighting: undefined, text: `${timing}: inversion recovery without InversionTime`, decisive: false }
  }
  if (f.scanning.has('GR') && !f.scanning.has('SE')) {
    if (isSteadyState(f, tr)) return is(undefined, 'a steady-state sequence')
    if (te >= T.t2StarEcho.value) return is(undefined, 'T2*-weighted gradient echo')
    if (isOfLowAngle(f, tr)) return is(undefined, 'gradient echo of low flip angle')
    if (isDensityWeighted(f, tr)) return is(undefined, 'proton-density-weighted gradient echo')
    if (isTimedForFlow(f, tr))
      return {
        weighting: undefined,
        text: `${timing}, FlipAngle ${f.flipAngle}: T1-weighted gradient echo or time of flight`,
        decisive: false,
        mayBeFlow: true,
      }
    return is('T1', 'T1-weighted gradient echo')
  }
  if (tr >= IMAGE_LIMITS.longRepetition.value && te >= IMAGE_LIMITS.t2Echo.value) return is('T2', 'T2-weighted')
  if (tr >= IMAGE_LIMITS.longRepetition.value) return is(undefined, 'proton density weighted or mixed')
  if (tr <= T.maxT1Repetition.value && te <= T.maxT1Echo.value) return is('T1', 'T1-weighted')
  return is(undefined, 'neither T1- nor T2-weighted')
}

/** Balanced: neither spoiled nor prepared. */
function isSteadyState(f: SeriesFacts, tr: number): boolean {
  const isBalanced = f.variant.has('SS') && !f.variant.has('SP') && !f.variant.has('MP')
  return isBalanced && (f.flipAngle ?? 0) >= T.steadyStateAngle.value && tr < T.steadyStateRepetition.value
}

function isOfLowAngle(f: SeriesFacts, tr: number): boolean {
  const isPrepared = f.scanning.has('IR') || f.variant.has('MP')
  return !isPrepared && (f.flipAngle ?? T.absentAngle.value) < T.lowAngle.value && tr < T.lowAngleRepetition.value
}

/** A spoiled gradient echo with a flip angle far below the Ernst angle shows proton density, not T1. */
function isDensityWeighted(f: SeriesFacts, tr: number): boolean {
  if (f.flipAngle === undefined || f.scanning.has('IR') || f.variant.has('MP') || f.inversionTime !== undefined)
    return false
  const ernst = (Math.acos(Math.exp(-tr / T.tissueT1.value)) * 180) / Math.PI
  return f.flipAngle < T.densityAngle.value * ernst
}

/** 3D without a preparation pulse, with the TR and flip angle of inflow angiography; T1 has a shorter TR or a larger angle. */
function isTimedForFlow(f: SeriesFacts, tr: number): boolean {
  const isPrepared = f.scanning.has('IR') || f.variant.has('MP') || f.inversionTime !== undefined
  const isTimed = tr >= T.minFlowRepetition.value && tr <= T.maxFlowRepetition.value
  return f.is3d && !isPrepared && isTimed && (f.flipAngle ?? T.absentAngle.value) <= T.maxFlowAngle.value
}

function weightingByWords(folded: string): Weighting | undefined {
  if (says(SEQUENCE_WORDS['T1 FLAIR'], folded)) return 'T1'
  if (says(SEQUENCE_WORDS.FLAIR, folded)) return 'FLAIR'
  const t1 = says(SEQUENCE_WORDS.T1, folded)
  const t2 = says(SEQUENCE_WORDS.T2, folded)
  if (t1 && t2) return undefined
  return t1 ? 'T1' : t2 ? 'T2' : undefined
}

function short(value: number | undefined): string {
  return value === undefined ? 'absent' : `${Math.round(value * 10) / 10} ms`
}
