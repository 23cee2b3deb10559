// The change of a volume since an earlier study, as components of its Observation (FHIR R4); the category is part of the enhancing tumour's.
import type { ObservationComponent, Quantity } from '@medplum/fhirtypes'
import type { ReportableResult } from '../../domain/finding.ts'
import { CATEGORY_CAVEAT, categorySentence, changeSentence, priorSentence } from '../../wording/comparison.ts'
import { changeCode, UCUM, UNSUPPORTED } from './codes.ts'

const UNCERTAINTY = 'http://hl7.org/fhir/StructureDefinition/iso21090-uncertainty'
const UNCERTAINTY_TYPE = 'http://hl7.org/fhir/StructureDefinition/iso21090-uncertaintyType'
const CATEGORY_REGION = 'ET'

/** One standard deviation as iso21090-uncertainty of a normal distribution, if known. */
export function uncertainQuantity(value: number, standardDeviation: number | undefined, unit: 'mL' | '%'): Quantity {
  const rounded = (number: number) => Number(number.toFixed(unit === 'mL' ? 3 : 1))
  return {
    ...(standardDeviation !== undefined && {
      extension: [
        { url: UNCERTAINTY, valueDecimal: rounded(standardDeviation) },
        { url: UNCERTAINTY_TYPE, valueCode: 'N' },
      ],
    }),
    value: rounded(value),
    unit,
    system: UCUM,
    code: unit,
  }
}

/** Components and sentences of one region; empty if there is nothing to compare with. */
export function changeParts(
  { comparison }: ReportableResult,
  region: string,
): { component: ObservationComponent[]; lines: string[] } {
  const change = comparison?.volumes.find((one) => one.region === region)
  if (!comparison || !change) return { component: [], lines: [] }
  const { percent, percentDeviation, standardDeviation } = change
  const component: ObservationComponent[] = [
    { code: changeCode('volume-change'), valueQuantity: uncertainQuantity(change.change, standardDeviation, 'mL') },
  ]
  if (percent !== undefined) {
    const valueQuantity = uncertainQuantity(percent, percentDeviation, '%')
    component.push({ code: changeCode('volume-change-pc'), valueQuantity })
  }
  const lines = [`Against the ${priorSentence(comparison)}: ${changeSentence(change)}.`]
  if (region !== CATEGORY_REGION) return { component, lines }
  const { category, reasons } = comparison.response
  const code = changeCode('change-category')
  component.push(
    category === undefined
      ? { code, dataAbsentReason: { coding: [UNSUPPORTED], text: reasons.join(' ') } }
      : { code, valueCodeableConcept: changeCode(`change-${category}`) },
  )
  const sentence = `${categorySentence(comparison.response)} ${CATEGORY_CAVEAT}`
  return { component, lines: [...lines, sentence] }
}
