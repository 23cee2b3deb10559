// The verdict on a repeated analysis: which artefacts have the same bytes, where the others differ, and why; pure.

import { differingAttributes } from '../../dicom/differences.ts'
import { canonicalText } from '../../domain/canonical-text.ts'
import { sha256Of } from '../../domain/digest.ts'
import type { ReportableResult } from '../../domain/finding.ts'
import type { Artifact, ArtifactRole } from '../../domain/ports/analysis-store.ts'

export interface ArtifactVerdict {
  role: ArtifactRole
  /** Of the stored artefact; absent if only the repetition made it. */
  sha256?: string
  /**
   * measured: equal except for the run's own time and memory, which the result states. additional: made by the repetition only.
   * missing: made by the analysis only.
   */
  outcome: 'equal' | 'measured' | 'different' | 'missing' | 'additional'
  /** Where they differ: attributes of a DICOM object or members of the result; names only, never values. */
  differs: string[]
}

export interface Reproduction {
  analysisId: string
  /** Whether everything that the analysis stored came out the same. */
  reproduced: boolean
  versions: { what: string; before: string; now: string }[]
  artifacts: ArtifactVerdict[]
  /** Why bytes differ, as far as the record tells; empty if they do not. */
  reasons: string[]
}

/** What a run measures of itself and writes into the result. */
const OF_THE_RUN = /^execution\.(seconds|peakRssMb|stages\[\d+\]\.seconds)$/
const SHOWN = 12

export function artifactVerdicts(stored: readonly Artifact[], made: readonly Artifact[]): ArtifactVerdict[] {
  const verdicts = stored.map((before): ArtifactVerdict => {
    const after = made.find(({ role }) => role === before.role)
    const sha256 = sha256Of(before.bytes)
    if (after === undefined) return { role: before.role, sha256, outcome: 'missing', differs: [] }
    return { role: before.role, sha256, ...compared(before, after) }
  })
  const additional = made.filter(({ role }) => !stored.some((before) => before.role === role))
  return [...verdicts, ...additional.map(({ role }) => ({ role, outcome: 'additional' as const, differs: [] }))]
}

function compared(before: Artifact, after: Artifact): Pick<ArtifactVerdict, 'outcome' | 'differs'> {
  if (Buffer.compare(before.bytes, after.bytes) === 0) return { outcome: 'equal', differs: [] }
  if (before.role === 'result') {
    const paths = differingMembers(jsonOf(before.bytes), jsonOf(after.bytes))
    const differs = paths.filter((path) => !OF_THE_RUN.test(path))
    return { outcome: differs.length === 0 ? 'measured' : 'different', differs: shortened(differs) }
  }
  if (before.mediaType !== 'application/dicom') return { outcome: 'different', differs: [] }
  return { outcome: 'different', differs: shortened(differingAttributes(before.bytes, after.bytes)) }
}

const jsonOf = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes))

function shortened(names: string[]): string[] {
  return names.length <= SHOWN ? names : [...names.slice(0, SHOWN), `and ${names.length - SHOWN} more`]
}

/** "measurements[2].value", for everything that differs between the two sides. */
export function differingMembers(a: unknown, b: unknown, path = ''): string[] {
  if (canonicalText(a ?? null) === canonicalText(b ?? null)) return []
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length)
    return a.flatMap((one, n) => differingMembers(one, b[n], `${path}[${n}]`))
  if (!isPlain(a) || !isPlain(b)) return [path]
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
  return keys.flatMap((key) => differingMembers(a[key], b[key], path === '' ? key : `${path}.${key}`))
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export type Versions = Pick<ReportableResult, 'software' | 'bundle' | 'execution'>

export function versionsOf(before: Versions, now: Versions): Reproduction['versions'] {
  const line = (what: string, of: (result: Versions) => string) => ({ what, before: of(before), now: of(now) })
  return [
    line('software', ({ software }) => `${software.name} ${software.version}`),
    line('bundle', ({ bundle }) => `${bundle.id} ${bundle.version}`),
    line('model digest', ({ bundle }) => bundle.modelDigest),
    line('runtime', ({ execution }) => execution.runtime),
    line('provider', ({ execution }) => execution.provider),
  ]
}

/** Members of a result → what a different value in them points to, most telling first. */
const CAUSES: readonly [RegExp, string][] = [
  [
    /^(study|patient|inputs|decisions|referenceSeriesUid|clock)\b/,
    'the archive gives other headers of the same images',
  ],
  [/^tissueResults\b/, 'the EHR gives another record of the patient (tissue tests)'],
  [
    /^comparison\b/,
    'the earlier study that it was compared with is another one, or its images are read from another place',
  ],
  [
    /^(segments|measurements|noFinding|position|diameters|predictions)\b/,
    'the same networks computed other numbers: another processor or runtime, or another record of the patient in the EHR',
  ],
  [/^quality\b/, 'other remarks apply: see what differs in "quality"'],
]

export function reasonsOf(versions: Reproduction['versions'], artifacts: readonly ArtifactVerdict[]): string[] {
  const reasons = versions
    .filter(({ before, now }) => before !== now)
    .map(({ what, before, now }) => `the ${what} was ${before} and is ${now}`)
  const others = artifacts.filter(({ outcome }) => outcome !== 'equal' && outcome !== 'measured')
  if (others.length === 0) return []
  const members = artifacts.find(({ role }) => role === 'result')?.differs ?? []
  reasons.push(...CAUSES.filter(([form]) => members.some((path) => form.test(path))).map(([, cause]) => cause))
  if (others.some(({ outcome }) => outcome === 'missing' || outcome === 'additional'))
    reasons.push('the settings of writeBack have changed since the analysis')
  if (reasons.length === 0)
    reasons.push(
      'the result is the same and was written down differently: institution.name, institution.timeZone or http.publicUrl have changed',
    )
  return reasons
}
