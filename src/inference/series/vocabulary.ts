// Looks up the words of words.json in descriptions: folds the text, compiles the lists. Words are weak evidence, used if headers are silent.
import data from './words.json' with { type: 'json' }

/** Words by language (ISO 639-1) or other origin. */
export type WordList = Partial<Record<string, string[]>>

export const ofAllLanguages = (list: WordList): string[] => Object.values(list).flatMap((words) => words ?? [])

/** Lower case, accents dropped, kinds of dash as "-"; the rest is kept. */
export function foldLetters(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/ł/g, 'l')
    .replace(/ı/g, 'i')
    .replace(/ß/g, 'ss')
    .replace(/ø/g, 'oe')
    .replace(/đ/g, 'd')
    .replace(/æ/g, 'ae')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
}

/** Folded letters with every separator as a single space; "*" is kept since it carries meaning (T2*). */
export function foldDescription(description: string): string {
  return foldLetters(description)
    .replace(/[^\p{L}\p{N}*]+/gu, ' ')
    .trim()
}

export const CJK = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}ー'

/**
 * One pattern for all words of a list. Words must stand alone: "gd" matches in "t1_gd" but not in "gdansk"; "*" at either end stands
 * for any letters, a blank for one or none. Words in scripts without blanks match anywhere.
 */
function compile(list: WordList): RegExp {
  const alternatives = ofAllLanguages(list).map((word) => {
    // The asterisk of T2* is not a wildcard.
    const folded = word.endsWith('2*') ? `${foldDescription(word.slice(0, -1))} ?\\*` : pattern(foldDescription(word))
    if (new RegExp(`^[${CJK}]`, 'u').test(folded)) return folded
    const end = /\d$/.test(folded) ? '(?![\\p{L}\\p{N}])' : '(?!\\p{L})'
    return `(?<!\\p{L})${folded}${folded.endsWith('\\*') ? '' : end}`
  })
  return new RegExp(alternatives.join('|'), 'u')
}

const pattern = (folded: string) => folded.replace(/ ?\*/g, '\\p{L}*').replace(/ /g, ' ?')

const patterns = new Map<WordList, RegExp>()

/** Whether the folded description contains a word of the list. */
export function says(list: WordList, folded: string): boolean {
  const pattern = patterns.get(list) ?? compile(list)
  patterns.set(list, pattern)
  return pattern.test(folded)
}

export const CONTRAST_WORDS = data.contrast
export const SEQUENCE_WORDS = data.sequences
export const DIXON = data.dixon
export const FAT_SUPPRESSION = data['fat suppression']
export const REPEATED = data.repeated
export const DENOISED = data.denoised
export const MAP_WORDS = data.maps
export const OTHER_BODY = data['other body parts']

/** Reasons to exclude a series by its name, and the weightings whose complete timing overrules the word in an acquired image. */
export const LEFT_BY_WORDS: readonly { kind: string; words: WordList; 'yields to': string[] }[] = data.kinds
