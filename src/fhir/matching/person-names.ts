// Person names: does a DICOM PN (PS3.5 6.2.1) contradict a FHIR HumanName? Only text is compared, nothing is guessed.
import type { HumanName } from '@medplum/fhirtypes'

/** "agree" and "differ" are evidence; "unknown" is not: a name is empty, or the scripts cannot be compared. */
export type Verdict = 'agree' | 'differ' | 'unknown'

interface Parts {
  family: string
  given: string[]
  /** "van der" of "van der Berg" if it is a component of its own; titles in the same place do no harm. */
  prefix: string
  /** The name is one text that is not divided into parts. */
  whole: boolean
}

/** Letters that NFKD leaves unchanged, and the two ways of writing umlauts without dots. */
const FOLDED: Record<string, string> = {
  ß: 'ss',
  ø: 'o',
  æ: 'ae',
  œ: 'oe',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  ɖ: 'd',
  ħ: 'h',
  ŧ: 't',
  þ: 'th',
  ı: 'i',
}
const SPELLED: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', ø: 'oe', å: 'aa', đ: 'dj' }
/** Particles that one system writes as part of the family name and another writes separately or leaves out. */
const PARTICLES = new Set(
  'van der den de het ten ter te t von vom zu zum zur du des del della di da dos das la le el al bin ibn'.split(' '),
)
/** Distinguishes bearers of the same name; some systems write it into the family name. */
const SUFFIXES = new Set('jr sr junior senior ii iii iv filho neto sobrinho md phd'.split(' '))

/** Words in lower case without diacritics; `spelled` writes umlauts as two letters. Marks of kana and Indic scripts are letters and stay. */
function words(text: string, spelled: boolean): string[] {
  const lower = text.normalize('NFC').toLowerCase()
  const letters = spelled ? lower.replace(/[äöüøåđ]/g, (letter) => SPELLED[letter]!) : lower
  return letters
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[ßøæœłđðɖħŧþı]/g, (letter) => FOLDED[letter]!)
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

/** Hiragana as katakana: both write the same sounds. */
function foldKana(text: string): string {
  return text.replace(/[\u3041-\u3096]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0x60))
}

/** Scripts written without spaces: one cannot see where the family name ends in an undivided text. */
function isUnspaced(text: string): boolean {
  return ['Han', 'Hangul', 'Katakana'].includes(scriptOf(text))
}

/** The component groups of a PN; a group without "^" is one text. */
function dicomNames(pn: string): Parts[] {
  return pn.split('=').flatMap((group) => {
    const [family = '', given = '', middle = '', prefix = ''] = foldKana(group).split('^')
    if (!/[\p{L}\p{N}]/u.test(group)) return []
    const parts = [given, middle].filter((part) => part.trim() !== '')
    return [partsOf(family.trim(), parts, prefix, !group.includes('^'))]
  })
}

function fhirNames(names: HumanName[]): Parts[] {
  return names.flatMap((name): Parts[] => {
    const family = foldKana(name.family ?? '')
    // Null stands for a name of which only an extension says something (FHIR R4 Section 2.6.2.1).
    const given = (name.given ?? []).filter((one) => typeof one === 'string').map(foldKana)
    const prefix = foldKana((name.prefix ?? []).join(' '))
    if (family !== '' || given.length > 0) return [partsOf(family, given, prefix, false)]
    return name.text ? [partsOf(foldKana(name.text), [], '', true)] : []
  })
}

/** A single field in a script without spaces is the whole name. */
function partsOf(family: string, given: string[], prefix: string, whole: boolean): Parts {
  const [only = ''] = family === '' ? given : given.length === 0 ? [family] : []
  return isUnspaced(only) ? { family: only, given: [], prefix: '', whole: true } : { family, given, prefix, whole }
}

/** Whether one family name equals the other, or occurs as words in an undivided text. */
function sameFamily(a: Parts, b: Parts): boolean {
  return familySpellings(a).some((familyA) =>
    familySpellings(b).some((familyB) => {
      if (familyA.join('') === familyB.join('')) return true
      if (a.whole && b.whole) return familyA.toSorted().join(' ') === familyB.toSorted().join(' ')
      return (a.whole && containsRun(familyA, familyB)) || (b.whole && containsRun(familyB, familyA))
    }),
  )
}

/** The family name in both spellings, with particles and suffix, without them, and with a separate prefix. */
function familySpellings({ family, prefix, whole }: Parts): string[][] {
  return spellings(family).flatMap((all) => {
    if (whole) return [all]
    const core = withoutSuffix(all)
    const first = core.findIndex((word) => !PARTICLES.has(word))
    const bare = first > 0 ? core.slice(first) : core
    const prefixed = spellings(prefix).map((before) => [...before, ...core])
    return [all, core, bare, ...prefixed]
  })
}

function withoutSuffix(all: string[]): string[] {
  const last = all.at(-1) ?? ''
  return all.length > 1 && SUFFIXES.has(last) ? all.slice(0, -1) : all
}

/** "Jr" and "Sr" distinguish father and son; a suffix on only one side says nothing. */
function sameSuffix(a: Parts, b: Parts): boolean {
  const [suffixA, suffixB] = [a, b].map(({ family }) =>
    words(family, false)
      .find((word) => SUFFIXES.has(word))
      ?.slice(0, 1),
  )
  return suffixA === undefined || suffixB === undefined || suffixA === suffixB
}

/** An undivided text against parts: their letters in a row, with the family name first or last. */
function sameUnspaced(a: Parts, b: Parts): boolean {
  const [text, parts] = a.whole ? [a, b] : [b, a]
  if (text.whole === parts.whole || !isUnspaced(text.family)) return false
  const joined = (of: string[]) => of.flatMap((part) => words(part, false)).join('')
  const row = joined([text.family])
  return [
    [parts.family, ...parts.given],
    [...parts.given, parts.family],
  ].some((order) => joined(order) === row)
}

function containsRun(text: string[], run: string[]): boolean {
  return run.length > 0 && ` ${text.join(' ')} `.includes(` ${run.join(' ')} `)
}

/** One word in common is enough, and an initial stands for its name. */
function sameGiven(a: Parts, b: Parts): boolean {
  const givenA = a.given.flatMap((part) => spellings(part).flat())
  const givenB = b.given.flatMap((part) => spellings(part).flat())
  const initial = (short: string, long: string) => short.length === 1 && long.startsWith(short)
  return (
    givenA.some((x) => givenB.some((y) => x === y || initial(x, y) || initial(y, x))) ||
    givenA.join('') === givenB.join('')
  )
}

/**
 * Every group of the PN against every name of the patient, including former ones: one agreeing pair is enough. Given names
 * count if both sides have them, since twins share everything else.
 */
export function compareNames(pn: string, names: HumanName[]): Verdict {
  let verdict: Verdict = 'unknown'
  for (const inImages of dicomNames(pn)) {
    for (const inEhr of fhirNames(names)) {
      if (inImages.family === '' || inEhr.family === '' || scriptOf(inImages.family) !== scriptOf(inEhr.family))
        continue
      const comparable =
        inImages.given.length > 0 &&
        inEhr.given.length > 0 &&
        scriptOf(inImages.given.join()) === scriptOf(inEhr.given.join())
      if (sameUnspaced(inImages, inEhr)) return 'agree'
      if (sameFamily(inImages, inEhr) && sameSuffix(inImages, inEhr) && (!comparable || sameGiven(inImages, inEhr)))
        return 'agree'
      verdict = 'differ'
    }
  }
  return verdict
}

/** Which parts of the names contradict each other, in words for a message. */
export function nameDifference(pn: string, names: HumanName[]): string {
  const pairs = dicomNames(pn).flatMap((inImages) => fhirNames(names).map((inEhr) => [inImages, inEhr] as const))
  const comparable = pairs.filter(([inImages, inEhr]) => scriptOf(inImages.family) === scriptOf(inEhr.family))
  if (comparable.length === 0)
    return 'the names are written in scripts that cannot be compared, and no birth date agrees'
  return comparable.some(([inImages, inEhr]) => sameFamily(inImages, inEhr))
    ? 'the family name agrees, the given names or suffixes do not'
    : 'the family names were compared and differ'
}
