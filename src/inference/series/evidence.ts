// What kind of image a head series is: weighting from the pulse sequence's physics, words last.
import { LONG_REPETITION_MS, T2_ECHO_MS } from '../../dicom/volume-instances.ts'
import type { ParameterMap } from '../../domain/study.ts'
import type { SeriesFacts } from './facts.ts'
import { foldDescription, SEQUENCE_WORDS, says } from './vocabulary.ts'

export type Weighting = 'T1' | 'T2' | 'FLAIR'

export interface Evidence {
  /** Of a map: the quantity. */
  weighting: Weighting | ParameterMap | undefined
  /** Strongest first. */
  reasons: string[]
  /** Neither timing nor words say what it is, so that the pixels may. */
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
  /** The parameters are complete: when they fit none of the three, the description cannot change it. */
  decisive: boolean
  /** Timed as time-of-flight angiography is, in which tissue looks like T1: only a description can say that it is T1. */
  mayBeFlow?: true
}

/** Limits in ms hold from 0.3 T to 7 T; they are wide, since what lies between T1, PD and T2 is left to "none of them". */
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
    if (ti >= 1200 && te >= 60 && tr >= 3500) return is('FLAIR', 'FLAIR')
    if (ti <= 350 && tr >= 1500 && te >= 15) return is(undefined, 'short-tau inversion recovery')
    if (ti >= 250 && ti < 1400 && te < 50) return is('T1', 'T1-weighted inversion recovery')
    if (f.scanning.has('IR')) return is(undefined, 'inversion recovery of none of the known kinds')
  }
  if (f.scanning.has('IR') && ti === undefined && te >= 60) {
    if (tr >= 6000 && te >= 75) return is('FLAIR', 'FLAIR, although InversionTime is absent')
    return { weighting: undefined, text: `${timing}: inversion recovery without InversionTime`, decisive: false }
  }
  if (f.scanning.has('GR') && !f.scanning.has('SE')) {
    if (f.variant.has('SS') && !f.variant.has('SP') && !f.variant.has('MP') && (f.flipAngle ?? 0) >= 30 && tr < 20) {
      return is(undefined, 'a steady-state sequence')
    }
    if (te >= 13) return is(undefined, 'T2*-weighted gradient echo')
    if (tr < 50 && (f.flipAngle ?? 90) < 5 && !f.scanning.has('IR') && !f.variant.has('MP'))
      return is(undefined, 'gradient echo of low flip angle')
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
  if (tr >= LONG_REPETITION_MS && te >= T2_ECHO_MS) return is('T2', 'T2-weighted')
  if (tr >= LONG_REPETITION_MS) return is(undefined, 'proton density weighted or mixed')
  if (tr <= 1400 && te <= 40) return is('T1', 'T1-weighted')
  return is(undefined, 'neither T1- nor T2-weighted')
}

/** Tissue has a T1 of about 900 ms at 1.5 T; a spoiled echo of far less than the Ernst angle shows proton density, not T1. */
function isDensityWeighted(f: SeriesFacts, tr: number): boolean {
  if (f.flipAngle === undefined || f.scanning.has('IR') || f.variant.has('MP') || f.inversionTime !== undefined)
    return false
  const ernst = (Math.acos(Math.exp(-tr / 900)) * 180) / Math.PI
  return f.flipAngle < 0.6 * ernst
}

/** 3D without a preparation pulse, TR and flip angle of inflow angiography; T1 has a shorter TR or a larger angle. */
function isTimedForFlow(f: SeriesFacts, tr: number): boolean {
  const isPrepared = f.scanning.has('IR') || f.variant.has('MP') || f.inversionTime !== undefined
  return f.is3d && !isPrepared && tr >= 18 && tr <= 45 && (f.flipAngle ?? 90) <= 25
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
