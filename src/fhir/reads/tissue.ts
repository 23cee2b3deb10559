// Molecular results from tissue, from Observation (FHIR R4): quoted, never interpreted; pure.
import type { Observation, ObservationComponent } from '@medplum/fhirtypes'
import type { Head, TissueResult } from '../../domain/finding.ts'
import { table } from '../../domain/table.ts'
import { codesOf, dayOf, isByAi, isReleased, wordsOf } from './resource-facts.ts'

export type TissueHead = Extract<Head, 'idh' | '1p19q' | 'mgmt' | 'grade'>
/** "system|code" of Observation.code, by marker. */
export type TissueCodes = Readonly<Record<TissueHead, readonly string[]>>

/**
 * LOINC codes for results in tissue: MGMT methylation score, 1p and 19q deletion by FISH, IDH1 and IDH2 mutations found; for
 * the grade, a site configures its own.
 */
export const TISSUE_CODES: TissueCodes = {
  idh: ['http://loinc.org|100022-3', 'http://loinc.org|100023-1'],
  '1p19q': ['http://loinc.org|93800-1', 'http://loinc.org|93802-7'],
  mgmt: ['http://loinc.org|64083-9'],
  grade: [],
}

/** Genomics Reporting: a variant, with the gene (LOINC 48018-6, HGNC) as a component. */
const VARIANT = 'http://loinc.org|69548-6'
const GENE_STUDIED = 'http://loinc.org|48018-6'
const GENES = table<TissueHead>({ 'HGNC:5382': 'idh', 'HGNC:5383': 'idh', 'HGNC:7059': 'mgmt' })

const LONGEST = 200

/** Codes to search for. */
export function tissueTokens(more: TissueCodes): string[] {
  return [...new Set([...Object.values(TISSUE_CODES).flat(), ...Object.values(more).flat(), VARIANT])]
}

/** Released results with a value, newest first. What software asserted, above all our own, is not a result. */
export function tissueResultsOf(observations: readonly Observation[], more: TissueCodes): TissueResult[] {
  return observations
    .flatMap((observation): TissueResult[] => {
      if (!isReleased(observation) || isByAi(observation) || !observation.id) return []
      const head = headOf(observation, more)
      const value = quote(observation)
      if (!head || value === '') return []
      const date = dayOf(observation.effectiveDateTime ?? observation.effectivePeriod?.start ?? observation.issued)
      const test = cut(wordsOf(observation.code))
      return [{ head, test, value, ...(date && { date }), reference: `Observation/${observation.id}` }]
    })
    .sort(newestFirst)
}

type Dated = Pick<TissueResult, 'date' | 'reference'>

export const newestFirst = (a: Dated, b: Dated) =>
  (b.date ?? '').localeCompare(a.date ?? '') || (a.reference < b.reference ? -1 : 1)

/** The head whose marker the Observation is about. */
export function headOf({ code, component = [] }: Observation, more: TissueCodes): TissueHead | undefined {
  const codes = codesOf(code)
  for (const head of Object.keys(TISSUE_CODES) as TissueHead[]) {
    if ([...TISSUE_CODES[head], ...more[head]].some((code) => codes.includes(code))) return head
  }
  if (!codes.includes(VARIANT)) return undefined
  const genes = component.filter((part) => codesOf(part.code).includes(GENE_STUDIED))
  const coded = genes.flatMap(({ valueCodeableConcept }) => valueCodeableConcept?.coding ?? [])
  return coded.map(({ code: gene = '' }) => GENES[gene]).find((head) => head !== undefined)
}

/** Value, components and interpretation in the record's own words. */
function quote(observation: Observation): string {
  const parts = (observation.component ?? [])
    .map((component) => {
      const stated = said(component)
      return stated === '' ? '' : `${wordsOf(component.code)} ${stated}`
    })
    .filter((part) => part !== '')
  const value = said(observation)
  if (value === '' && parts.length === 0) return ''
  const interpretation = (observation.interpretation ?? []).map(wordsOf).filter((words) => words !== '')
  const stated = [...(value === '' ? [] : [value]), ...parts].join('; ')
  return cut(interpretation.length > 0 ? `${stated} (${interpretation.join(', ')})` : stated)
}

function said(of: Observation | ObservationComponent): string {
  if (of.valueCodeableConcept) return wordsOf(of.valueCodeableConcept)
  if (of.valueString) return of.valueString.trim()
  if (of.valueQuantity?.value !== undefined) {
    const { comparator = '', value, unit = of.valueQuantity.code ?? '' } = of.valueQuantity
    return `${comparator}${value}${unit === '' || unit === '1' ? '' : ` ${unit}`}`
  }
  if (of.valueInteger !== undefined) return String(of.valueInteger)
  if (of.valueBoolean !== undefined) return of.valueBoolean ? 'yes' : 'no'
  if (of.valueRatio?.numerator?.value !== undefined)
    return `${of.valueRatio.numerator.value}/${of.valueRatio.denominator?.value ?? 1}`
  return ''
}

function cut(text: string): string {
  const plain = text.replace(/\s+/g, ' ').trim()
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST - 1)}…` : plain
}
