// Which settled studies are analysed: brain MR, or MR that states no other body part.
import { readBodyPart } from '../dicom/body-part.ts'
import { items, text } from '../dicom/dataset.ts'
import type { RuleOutcome } from '../domain/routing-rules.ts'
import type { Series, Study } from '../domain/study.ts'
import { isSourceImage } from './image-set.ts'

export { isSourceImage } from './image-set.ts'

/** The reason is shown to people and stored; it contains no patient data. `waitSeconds`: what is missing may still arrive within this time. */
export type Eligibility = { eligible: true } | { eligible: false; reason: string; waitSeconds?: number }

/** Anatomic Region codes (PS3.16 CID 4) of head and brain: SNOMED CT, and the SNOMED RT values in older objects. */
const HEAD_CODES = new Set([
  '69536005',
  'T-D1100',
  '12738006',
  'T-A0100',
  '774007',
  'T-D1000',
  '89546000',
  'T-11100',
  '83678007',
  'T-A2000',
])

/** The rules that always apply. A body part that is empty, meaningless or not a code string is let through, as many scanners leave it so. */
export function isBrainMr(study: Study): Eligibility {
  return verdictOf(brainMrRules(study))
}

export function brainMrRules(study: Study): RuleOutcome[] {
  const images = study.series.filter(isSourceImage)
  const modality = modalityRule(images)
  return modality.outcome === 'pass' ? [modality, bodyPartRule(images)] : [modality]
}

/** The first rule that fails decides, and gives the reason. */
export function verdictOf(outcomes: readonly RuleOutcome[], waitSeconds = 0): Eligibility {
  const failed =
    outcomes.find(({ outcome }) => outcome === 'fail') ?? outcomes.find(({ outcome }) => outcome === 'wait')
  if (failed === undefined) return { eligible: true }
  const reason = failed.reason ?? failed.rule
  return { eligible: false, reason, ...(failed.outcome === 'wait' && { waitSeconds }) }
}

function modalityRule(images: readonly Series[]): RuleOutcome {
  const modalities = [...new Set(images.map((series) => printable(series.modality) || 'unnamed'))].sort()
  const rule = 'modality'
  const compared = `wanted MR; the images have ${modalities.join(', ') || 'none'}`
  if (images.length === 0) return { rule, compared, outcome: 'fail', reason: 'the study holds no images' }
  if (images.some((series) => series.modality === 'MR')) return { rule, compared, outcome: 'pass' }
  return { rule, compared, outcome: 'fail', reason: `no MR series among the images (${modalities.join(', ')})` }
}

function bodyPartRule(images: readonly Series[]): RuleOutcome {
  const parts = images.filter((series) => series.modality === 'MR').map(bodyPart)
  const named = [...new Set(parts.map((part) => (typeof part === 'string' ? part : part.other)))].sort()
  const rule = 'body part'
  const compared = `wanted head, or nothing said; the MR series have ${named.join(', ')}`
  if (parts.some((part) => part === 'head' || part === 'unspecified')) return { rule, compared, outcome: 'pass' }
  return { rule, compared, outcome: 'fail', reason: `not a study of the head: body part ${named.join(', ')}` }
}

/** The body part of a series as stated by its first instance. */
function bodyPart(series: Series): 'head' | 'unspecified' | { other: string } {
  const metadata = series.instances[0]?.metadata ?? {}
  const codes = items(metadata, 'AnatomicRegionSequence').map((item) => text(item, 'CodeValue'))
  if (codes.some((code) => HEAD_CODES.has(code))) return 'head'
  const stated = text(metadata, 'BodyPartExamined')
  const says = readBodyPart(stated)
  if (says === 'head') return 'head'
  const part = printable(stated.toUpperCase())
  if (says === 'other' && part !== '') return { other: part }
  const other = codes.map(printable).find((code) => code !== '')
  return other === undefined ? 'unspecified' : { other: `code ${other}` }
}

/** The value if it is a code string (PS3.5 Section 6.2), otherwise '': text typed into the field by mistake must not leak, and means nothing. */
function printable(value: string): string {
  return /^[A-Z0-9_ -]{1,16}$/.test(value) ? value : ''
}
