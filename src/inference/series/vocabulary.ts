// What series descriptions say in the languages of the scanners' users: weak evidence, used where headers are silent.

/** Lower case, accents dropped, separators as single spaces; "+" and "*" are kept since they carry meaning. */
export function foldDescription(description: string): string {
  return description
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/ł/g, 'l')
    .replace(/ı/g, 'i')
    .replace(/ß/g, 'ss')
    .replace(/[øö]/g, 'o')
    .replace(/æ/g, 'ae')
    .replace(/w\s*\/\s*o(?!\p{L})/gu, 'without')
    .replace(/[^\p{L}\p{N}+*]+/gu, ' ')
    .trim()
}

/** Alternatives as whole words: no letter before or after, so "gd" is found in "t1gd+" but not in "gdansk". */
function words(...alternatives: string[]): RegExp {
  return new RegExp(`(?<!\\p{L})(?:${alternatives.join('|')})(?!\\p{L})`, 'u')
}

const AGENT = '(?:km|kontrast\\p{L}*|contrast\\p{L}*|gd|gad|gado\\p{L}*|mdc|mdk|civ|kl|inj|injection|injectie|iv)'

/** Without contrast, or before it. Looked for first: what matches is taken out before the search for contrast. */
export const NO_CONTRAST: readonly RegExp[] = [
  words(
    `(?:ohne|vor|without|before|no|non|wo|pre|avant|sans|sin|antes de|senza|prima del?|sem|zonder|voor|utan|fore|for|uden|uten|inden|bez|przed|pred|ilman) ?${AGENT}`,
    's (?:c|civ|contraste|inj\\p{L}*|gado\\p{L}*)|u k',
  ),
  words(
    'nativ(?:e|o|a|na|ne|ni)?|pre(?! ?(?:op|surg|sat|scan|treat))|precontr\\p{L}*|unenhanced|plain|blanco|basale|noncontrast|kontrastsiz|kontrastfri',
  ),
  /造影前|単純|非造影|增强前|增強前|平扫|平掃|조영 ?전|비조영|без (?:контраст|ку)\p{L}*|до контраст\p{L}*|нативн\p{L}*/u,
]

export const CONTRAST: readonly RegExp[] = [
  words(
    `(?:nach|mit|post|with|after|plus|apres|avec|con|tras|despues de|dopo|com|apos|pos|na|met|efter|med|etter|po|z) ?${AGENT}`,
    'c (?:c|civ|contraste|gd)|m k',
    'post(?! ?(?:op|surg|proc|fossa|treat|rt|rx|trauma))',
    'postcontr\\p{L}*',
    'poscontr\\p{L}*',
    'postkontr\\p{L}*',
    'enhanced',
    'gd',
    'gad',
    'gado\\p{L}*',
    'dotarem|clariscan|magnevist|prohance|multihance|omniscan|primovist|vueway|elucirem|pixxoscan',
    'ce|t1ce|t1c|t1gd|t1km|km|mdc',
    'injecte|injectee|kontrastmittel|kontrastli|kontrastem|po kontrascie|tehoste\\p{L}*',
    'contrast|contraste|contrasto|kontrast',
  ),
  /\+ ?(?:c|k|km|gd|gad\p{L}*|mdc|kl|contrast\p{L}*|kontrast\p{L}*|iv|ce)(?!\p{L})/u,
  /(?<!\p{L})(?:c|k|gd|km|t1w?|mprage|bravo)\+/u,
  /造影|增强|增強|强化|조영|(?:с|после) ?(?:контраст|ку)\p{L}*|постконтраст\p{L}*/u,
]

export const FLAIR = [words('flair|\\p{L}{1,3}flair\\p{L}{0,3}|dark ?fluid|darkfluid|fluid attenuated')]
export const T1_FLAIR = [words('t1 ?w? ?(?:\\p{L}{2,4} )?flair')]
export const T2 = [words('t2(?!\\p{N})|t2wi?|t2 ?(?:tse|fse|frfse|ssfse|haste|space|cube|vista)')]
export const T1 = [
  words('t1(?!\\p{N})|t1wi?|t1c|t1ce|t1gd|t1km|mp ?rage|mprage|bravo|i?r?f?spgr|ir fspgr|tfl|3d ?tfe|vibe|lava|thrive'),
]

/** Reasons to leave a series, by what its description says. */
export const LEFT_BY_WORDS: readonly (readonly [string, RegExp])[] = [
  [
    'localizer',
    words(
      'loc(?:s|al\\p{L}*)?|localis\\p{L}*|scout\\p{L}*|survey|topogram\\p{L}*|plan(?:ning|scan)?|lokali[sz]\\p{L}*|reperage|3 ?plane|pilot|aahead\\p{L}*|smartbrain|calib\\p{L}*|asset ?cal\\p{L}*|shim|ref ?scan',
    ),
  ],
  ['localizer', /定位|位置決め|스카우트/u],
  [
    'diffusion',
    words('dwi|dti|dki|diff\\p{L}*|difu\\p{L}*|adc|eadc|trace\\p{L}*|tensor|colfa|fa ?map|b ?1000|ivim|hardi|resolve'),
  ],
  ['diffusion', /拡散|弥散|擴散|확산/u],
  ['perfusion', words('perf\\p{L}*|dsc|dce|asl|pcasl|pasl|cbf|cbv|rcbv|mtt|ttp|tmax|ktrans|dynam\\p{L}*|dyn')],
  ['perfusion', /灌流|灌注|관류/u],
  ['angiography', words('tof|mra|mrv|cemra|angio\\p{L}*|venogr\\p{L}*|pca|phase contrast|inhance|twist|tricks')],
  [
    'susceptibility imaging',
    words('swi\\p{L}*|swan|swip|venbold|fsbb|qsm|t2 ?star|hemo|gre ?hemo|suscept\\p{L}*|medic|merge'),
  ],
  ['susceptibility imaging', /t2 ?\*/u],
  ['functional imaging', words('bold|fmri|f mri|resting ?state|rs ?fmri')],
  ['spectroscopy', words('mrs|csi|svs|spectro\\p{L}*|press')],
  ['subtraction', words('sub|subs|subtr\\p{L}*|subtrak\\p{L}*|soustr\\p{L}*|sustr\\p{L}*|sottraz\\p{L}*')],
  ['a projection', words('t?mip|minip|mnip|vrt')],
  ['reformatted from another series', words('mpr|mprs|reformat\\p{L}*|refmt|rekon\\p{L}*|curved')],
  ['a computed map', words('map|maps|mapping|synthetic|symri|magic|carte|mapa|karte|relaxometry|b0|b1|field ?map')],
  ['magnetisation transfer', words('mtc|mt on|mton|mtr|mt off')],
  ['double or phase-sensitive inversion recovery', words('dir|psir|inv ?1|inv ?2|mp2rage')],
  ['short-tau inversion recovery', words('stir')],
  ['a steady-state sequence', words('ciss|fiesta\\p{L}*|trufi\\p{L}*|b ?ffe')],
  ['proton density', words('pd|pdw|dp|proton\\p{L}*')],
]

/** Other parts of the body than the head. */
export const OTHER_BODY = [
  words(
    '[ctls] ?spine|spine|spinal|cervic\\p{L}*|thora\\p{L}*|lumb\\p{L}*|sacr\\p{L}*|hws|bws|lws|wirbel\\p{L}*|rachis|moelle|columna|coluna|colonna|rachide|kregoslup\\p{L}*|wervelkolom|rygg\\p{L}*|ryg|abdom\\p{L}*|pelvis|breast|mamma|liver|knee|shoulder|cardiac|heart|neck|hals|cou|cuello|collo|prostat\\p{L}*',
  ),
  /脊柱|脊椎|頸椎|胸椎|腰椎|颈椎|척추/u,
]

/** Whether a body part that the headers name is the head (BodyPartExamined, or a code meaning). */
export function isHead(part: string): boolean {
  return /HEAD|BRAIN|SKULL|CRANI|CEREBR|ENCEPH|NEURO|KOPF|SCHAEDEL|SCHÄDEL|GEHIRN|TETE|CRANE|CABEZA|CRANEO|TESTA|CABECA|HOOFD|HUVUD|GLOWA|頭|头|颅|脑|脳/.test(
    part.toUpperCase(),
  )
}

export function says(patterns: readonly RegExp[], folded: string): boolean {
  return patterns.some((pattern) => pattern.test(folded))
}

/** Contrast as the description has it. */
export function contrastWords(folded: string): { given: boolean; notGiven: boolean } {
  let rest = folded
  let notGiven = false
  for (const pattern of NO_CONTRAST) {
    const without = rest.replace(new RegExp(pattern.source, 'gu'), ' ')
    notGiven ||= without !== rest
    rest = without
  }
  return { given: says(CONTRAST, rest), notGiven }
}
