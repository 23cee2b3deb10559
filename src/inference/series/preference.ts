// Which of several series of one sequence is used: an ordered list of rules; ties are never broken at random.

import { agentText, contrastWords } from './contrast-words.ts'
import type { SeriesFacts } from './facts.ts'
import { PREFERENCE_LIMITS } from './header-limits.ts'
import { DENOISED, FAT_SUPPRESSION, foldDescription, REPEATED, says } from './vocabulary.ts'

interface Rule {
  /** Why the winner is preferred. */
  text: string
  /** Higher is better; undefined if the headers do not say, which counts as equal. */
  score(facts: SeriesFacts): number | undefined
  /** Differences up to this count as equal. */
  tolerance: number
}

const { wholeBrain, alikeExtent, alikeSpacing, alikeCoverage, alikePixels } = PREFERENCE_LIMITS

const RULES: readonly Rule[] = [
  { text: 'the water image of a Dixon acquisition', score: (f) => (f.dixon === 'in phase' ? 0 : 1), tolerance: 0 },
  {
    text: 'as acquired rather than derived',
    score: (f) => (f.imageType[0] === 'DERIVED' && !f.dixon ? 0 : 1),
    tolerance: 0,
  },
  // A slab of the orbits or sella has thin slices and fine pixels, but shows only part of the brain.
  {
    text: 'the whole head',
    score: (f) => f.coverage && Math.min(f.coverage, wholeBrain.value),
    tolerance: alikeExtent.value,
  },
  { text: '3D rather than 2D', score: (f) => (f.is3d ? 1 : 0), tolerance: 0 },
  {
    text: 'thinner slices',
    score: (f) => (f.sliceSpacing === undefined ? undefined : -f.sliceSpacing),
    tolerance: alikeSpacing.value,
  },
  { text: 'axial rather than another plane', score: (f) => (f.plane === 'axial' || f.is3d ? 1 : 0), tolerance: 0 },
  { text: 'more coverage', score: (f) => f.coverage, tolerance: alikeCoverage.value },
  { text: 'corrected for distortion', score: distortion, tolerance: 0 },
  { text: 'without fat suppression', score: (f) => (isFatSuppressed(f) ? 0 : 1), tolerance: 0 },
  {
    text: 'finer pixels',
    score: (f) => (f.pixelSpacing === undefined ? undefined : -f.pixelSpacing),
    tolerance: alikePixels.value,
  },
  { text: 'corrected for coil sensitivity', score: (f) => (f.imageType.includes('NORM') ? 1 : 0), tolerance: 0 },
  { text: 'denoised', score: (f) => (says(DENOISED, foldDescription(f.description)) ? 1 : 0), tolerance: 0 },
  {
    text: 'the repeated one',
    score: (f) => (says(REPEATED, foldDescription(f.description)) ? 1 : 0),
    tolerance: 0,
  },
]

/** Only for sequences that are read without contrast: an image before the injection is preferred. */
const BEFORE_CONTRAST: Rule = { text: 'before contrast', score: (f) => (hadContrast(f) ? 0 : 1), tolerance: 0 }

export interface Preference {
  /** More than one if they fit equally well. */
  best: SeriesFacts[]
  /** For each series that lost, the rule that decided against it. */
  lost: Map<string, string>
}

/** Applies the rules in turn; each keeps the series within its tolerance of the best. */
export function prefer(candidates: readonly SeriesFacts[], sequence: string): Preference {
  const rules = sequence === 'T2' || sequence === 'FLAIR' ? [...RULES, BEFORE_CONTRAST] : RULES
  const lost = new Map<string, string>()
  let best = [...candidates]
  for (const { text, score, tolerance } of rules) {
    const scores = new Map(best.map((facts) => [facts, score(facts)]))
    const stated = [...scores.values()].filter((value) => value !== undefined)
    const top = Math.max(...stated)
    const kept = best.filter((facts) => {
      const value = scores.get(facts)
      return value === undefined || value >= top - tolerance
    })
    for (const facts of best) if (!kept.includes(facts)) lost.set(facts.seriesInstanceUid, text)
    best = kept
    if (best.length === 1) break
  }
  return { best, lost }
}

function distortion(f: SeriesFacts): number {
  if (f.imageType.includes('DIS3D')) return 2
  if (f.imageType.includes('DIS2D')) return 1
  return 0
}

function isFatSuppressed(f: SeriesFacts): boolean {
  return (
    f.scanOptions.some((option) => option === 'FS' || option.startsWith('FAT')) ||
    says(FAT_SUPPRESSION, foldDescription(f.description))
  )
}

function hadContrast(f: SeriesFacts): boolean {
  return (
    f.contrastAgents.some((agent) => agentText(agent) === 'given') ||
    (f.contrastVolume ?? 0) > 0 ||
    contrastWords(f.description) === 'with'
  )
}
