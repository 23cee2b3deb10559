// The meaning of a body part (Body Part Examined, PS3.16 Annex L, or a code meaning), as scanners and people write it: one list for all callers.

/** Word stems, in capitals without accents, by language. A word ending in "$" must match as a whole. */
const HEAD: Readonly<Record<string, readonly string[]>> = {
  en: ['HEAD', 'BRAIN', 'CRANI', 'SKULL', 'NEURO', 'IAC$', 'PITUIT', 'POSTERIOR ?FOSSA', 'CEREB', 'ENCEPH'],
  de: ['KOPF', 'SCHA?EDEL', 'SCHADEL', 'GEHIRN', 'HIRN'],
  fr: ['TETE$', 'CRANE', 'CERVEAU', 'ENCEPHAL'],
  es: ['CABEZA', 'CRANEO', 'ENCEFAL', 'CEREBRO'],
  pt: ['CABECA', 'CRANIO', 'CEREBRO'],
  it: ['TESTA$', 'CAPO$', 'CERVELLO', 'CRANIO'],
  nl: ['HOOFD', 'HERSEN', 'SCHEDEL'],
  sv: ['HUVUD', 'HJARN', 'SKALLE'],
  da: ['HOVED', 'HJERNE'],
  no: ['HODE$', 'HJERNE'],
  fi: ['PAA$', 'AIVO'],
  pl: ['GLOWA', 'GLOWY', 'MOZG', 'CZASZK'],
  cs: ['HLAV', 'MOZEK', 'MOZK', 'LEBK'],
  hu: ['FEJ$', 'KOPONYA', 'AGY$', 'AGYI'],
  ro: ['CREIER', 'CAP$'],
  tr: ['KAFA', 'BEYIN', 'BAS$'],
  hr: ['GLAV', 'MOZAK', 'LUBANJ'],
  lt: ['GALV', 'SMEGEN', 'KAUKOL'],
  lv: ['GALV', 'SMADZEN'],
  et: ['PEA$', 'PEAAJU', 'AJU$'],
  id: ['KEPALA', 'OTAK$'],
  vi: ['SO NAO', 'NAO$'],
  ru: ['ГОЛОВ', 'МОЗГ', 'ЧЕРЕП'],
  el: ['ΚΕΦΑΛ', 'ΕΓΚΕΦΑΛ', 'ΚΡΑΝΙ'],
}
/** Scripts without spaces between words. */
const HEAD_ANYWHERE = /BRAIN|[头頭颅顱脑腦脳]|두부|뇌|머리|رأس|دماغ|ศีรษะ|สมอง|ראש|מוח|सिर|मस्तिष्क/u
/** Bones that have a head of their own. */
const BONE = /FEMUR|FEMOR|HUMER|RADIUS|RADIAL|FIBUL|ULNA|METATARS|METACARP/u
/** Prefixes that consoles add: "MRBRAIN", "CTHEAD". */
const HEAD_WORD = new RegExp(
  `(?<![\\p{L}])(?:MRI?|CT|NMR)?(?:${Object.values(HEAD)
    .flat()
    .map((word) => word.replace('$', '(?![\\p{L}])'))
    .join('|')})`,
  'u',
)

/** Words that fill the field without meaning anything, in the same languages. */
const NOTHING = new Set(
  `UNKNOWN UNK UNSPEC UNSPECIFIED UNDEFINED UNDEF OTHER OTHERS NONE NIL NULL NA NAN NO NOT NOTSPECIFIED NOTAPPLICABLE NOTDEFINED MISC
  DEFAULT ANY ALL EMPTY BLANK TEST GENERAL EXAM STUDY MR MRI MRT IRM RM BODYPART X XX XXX BODY WHOLEBODY MULTIPLE VARIOUS MISCELLANEOUS UNBEKANNT ANDERE ANDERES SONSTIGE SONSTIGES
  KEINE KEINEANGABE NICHTANGEGEBEN NONSPECIFIE NONPRECISE DIVERS INCONNU AUTRE AUTRES AUCUN AUCUNE DESCONOCIDO NOESPECIFICADO SINESPECIFICAR OTRO OTROS OTRA NINGUNO NINGUNA DESCONHECIDO NAOINFORMADO NAOESPECIFICADO OUTRO OUTROS OUTRA NENHUM ALTRO
  ALTRI ALTRA SCONOSCIUTO NESSUNO NESSUNA ONBEKEND ANDERS OVERIG GEEN OKAND ANNAT INGEN UKENDT ANDET UKJENT ANNET MUU TUNTEMATON
  NIEZNANY INNE INNY BRAK JINE NEZNAME EGYEB ISMERETLEN ALTUL NECUNOSCUT DIGER BILINMEYEN НЕУКАЗАНО НЕИЗВЕСТНО ДРУГОЕ ПРОЧЕЕ 不明 未指定 未知 其他 其它 その他 指定なし`.split(
    /\s+/,
  ),
)

export type BodyPart = 'head' | 'nothing' | 'other'

/** Upper case without accents, separators as blanks. */
export function foldBodyPart(part: string): string {
  return part
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toUpperCase()
    .replaceAll('Ł', 'L')
    .replaceAll('Ø', 'O')
    .replace(/[_.,;:()\s-]+/g, ' ')
    .trim()
}

/** Head words take precedence: "HEAD AND NECK" is a study of the head too. */
export function readBodyPart(part: string): BodyPart {
  const folded = foldBodyPart(part)
  const letters = folded.replace(/[^\p{L}]/gu, '')
  // "NÃO INFORMADO" does not mean brain, though NÃO does in Vietnamese.
  if (NOTHING.has(letters)) return 'nothing'
  if (BONE.test(folded)) return 'other'
  if (HEAD_WORD.test(folded) || HEAD_ANYWHERE.test(part)) return 'head'
  return letters === '' ? 'nothing' : 'other'
}
