// Person names, DICOM PN (PS3.5 6.2.1) against FHIR HumanName: do they contradict each other? Pure text work, no guessing.
import type { HumanName } from '@medplum/fhirtypes'

/** "agree" and "differ" are evidence; "unknown" is none: empty, or written in scripts that cannot be compared. */
export type Verdict = 'agree' | 'differ' | 'unknown'

interface Parts {
  family: string
  given: string[]
  /** The name is one text whose parts are not told apart. */
  whole: boolean
}

/** Letters that NFKD leaves alone, and the two ways in which umlauts are written without their dots. */
const FOLDED: Record<string, string> = { ß: 'ss', ø: 'o', æ: 'ae', œ: 'oe', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' }
const SPELLED: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', ø: 'oe', å: 'aa' }

/** Words in lower case without marks; `spelled` writes umlauts as two letters. Marks of kana and Indic scripts are letters and stay. */
function words(text: string, spelled: boolean): string[] {
  const lower = text.normalize('NFC').toLowerCase()
  const letters = spelled ? lower.replace(/[äöüøå]/g, (letter) => SPELLED[letter]!) : lower
  return letters
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[ßøæœłđðþı]/g, (letter) => FOLDED[letter]!)
    .replace(/['’ʼ`´.-]/g, '')
    .normalize('NFKC')
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== '')
}

/** Both spellings of a text, as words. */
function spellings(text: string): string[][] {
  return [words(text, false), words(text, true)]
}

function scriptOf(text: string): string {
  if (/\p{Script=Han}/u.test(text)) return 'Han'
  for (const script of ['Latin', 'Cyrillic', 'Greek', 'Hangul', 'Hiragana', 'Katakana', 'Arabic', 'Hebrew', 'Thai']) {
    if (new RegExp(`\\p{Script=${script}}`, 'u').test(text)) return script === 'Hiragana' ? 'Katakana' : script
  }
  return 'other'
}

/** Hiragana as katakana: the two write the same sounds. */
function foldKana(text: string): string {
  return text.replace(/[\u3041-\u3096]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0x60))
}

/** The component groups of a PN; a group without "^" is one text. */
function dicomNames(pn: string): Parts[] {
  return pn.split('=').flatMap((group) => {
    const [family = '', given = '', middle = ''] = foldKana(group).split('^')
    if (!/[\p{L}\p{N}]/u.test(group)) return []
    return [
      {
        family: family.trim(),
        given: [given, middle].filter((part) => part.trim() !== ''),
        whole: !group.includes('^'),
      },
    ]
  })
}

function fhirNames(names: HumanName[]): Parts[] {
  return names.flatMap((name): Parts[] => {
    const family = foldKana(name.family ?? '')
    const given = (name.given ?? []).map(foldKana)
    if (family !== '' || given.length > 0) return [{ family, given, whole: false }]
    return name.text ? [{ family: foldKana(name.text), given: [], whole: true }] : []
  })
}

/** Whether one family name is the other, or stands as its words in a text whose parts are not told apart. */
function sameFamily(a: Parts, b: Parts): boolean {
  return spellings(a.family).some((left) =>
    spellings(b.family).some((right) => {
      if (left.join('') === right.join('')) return true
      if (a.whole && b.whole) return left.toSorted().join(' ') === right.toSorted().join(' ')
      return (a.whole && containsRun(left, right)) || (b.whole && containsRun(right, left))
    }),
  )
}

function containsRun(text: string[], run: string[]): boolean {
  return run.length > 0 && ` ${text.join(' ')} `.includes(` ${run.join(' ')} `)
}

/** One common word is enough, and an initial stands for its name. */
function sameGiven(a: Parts, b: Parts): boolean {
  const left = a.given.flatMap((part) => spellings(part).flat())
  const right = b.given.flatMap((part) => spellings(part).flat())
  const initial = (short: string, long: string) => short.length === 1 && long.startsWith(short)
  return (
    left.some((x) => right.some((y) => x === y || initial(x, y) || initial(y, x))) || left.join('') === right.join('')
  )
}

/**
 * Every group of the PN against every name of the patient, former names too: one pair that agrees is agreement.
 * Given names count when both sides have them, since twins share everything else.
 */
export function compareNames(pn: string, names: HumanName[]): Verdict {
  let verdict: Verdict = 'unknown'
  for (const left of dicomNames(pn)) {
    for (const right of fhirNames(names)) {
      if (left.family === '' || right.family === '' || scriptOf(left.family) !== scriptOf(right.family)) continue
      const comparable =
        left.given.length > 0 && right.given.length > 0 && scriptOf(left.given.join()) === scriptOf(right.given.join())
      if (sameFamily(left, right) && (!comparable || sameGiven(left, right))) return 'agree'
      verdict = 'differ'
    }
  }
  return verdict
}
