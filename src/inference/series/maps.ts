// Series that hold a map of a computed quantity, which a bundle may declare in addition to the sequences: apparent diffusion coefficient (ADC)
// and relative cerebral blood volume (rCBV).
import type { ParameterMap } from '../../domain/study.ts'
import type { Evidence } from './evidence.ts'
import type { SeriesFacts } from './facts.ts'
import { foldDescription, MAP_WORDS, says, type WordList } from './vocabulary.ts'

/** By values of ImageType as vendors write them (PS3.3 C.8.3.1.1.1 leaves value 3 and above to them; from memory), else by words. */
const SIGNS: readonly { map: ParameterMap; type: RegExp; words: WordList }[] = [
  { map: 'ADC', type: /^ADC(_.*)?$/, words: MAP_WORDS.ADC },
  { map: 'rCBV', type: /^(RCBV|RELCBV)(_.*)?$/, words: MAP_WORDS.rCBV },
]

/** Other maps and images from the same examinations, whose series may be named after the whole protocol. */
const OTHER_KIND = /^(E?ADC|EXP|TRACE.*|FA|DTI|COLFA|TENSOR.*|CALC_BVALUE|(REL|R)?(CBF|CBV|MTT)|TTP|TMAX|KTRANS)(_.*)?$/

/** The map that the series is, with its evidence; undefined for anything else, and for what could be either. */
export function mapEvidence(facts: SeriesFacts): (Evidence & { weighting: ParameterMap }) | undefined {
  const folded = foldDescription(facts.description)
  const named = SIGNS.flatMap(({ map, type, words }) => {
    const value = facts.imageType.find((one) => type.test(one))
    if (value) return [{ map, reason: `${map} map (ImageType ${value})` }]
    const worded = says(words, folded) && !facts.imageType.some((one) => OTHER_KIND.test(one))
    // An acquired image of that name is the source of the map, not the map.
    return worded && facts.imageType[0] === 'DERIVED' ? [{ map, reason: `${map} map, by its description` }] : []
  })
  const [only, other] = named
  if (!only || other) return undefined
  return { weighting: only.map, reasons: [only.reason] }
}
