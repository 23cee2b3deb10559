// Reads whether a text says with or without contrast agent: a small grammar of agent words, qualifiers and signs in many languages.
import { WORD_LIMITS } from './header-limits.ts'
import { CJK, CONTRAST_WORDS, foldLetters, ofAllLanguages, SEQUENCE_WORDS } from './vocabulary.ts'

/** "unclear": it says both, or it denies something that may not be the agent. */
export type ContrastWords = 'with' | 'without' | 'unclear'

type Role = keyof typeof CONTRAST_WORDS

interface Token {
  text: string
  roles: ReadonlySet<Role>
  /** No blank between this token and the one before. */
  glued: boolean
  /** A qualifier that belongs to an agent. */
  used: boolean
  /** A qualifier that belongs to something else, or to another event. */
  absorbed: boolean
}

/** Reads a description, or the text of ContrastBolusAgent; undefined if it says nothing about an agent. */
export function contrastWords(text: string): ContrastWords | undefined {
  const tokens = tokensOf(text)
  absorb(tokens)
  const said = new Set<ContrastWords>()
  for (let at = 0; at < tokens.length; at++) {
    const verdict = mention(tokens, at)
    if (verdict) said.add(verdict)
  }
  const mentioned = said.size > 0
  for (const [at, token] of tokens.entries()) {
    const alone = standing(token, at === tokens.length - 1, mentioned)
    if (alone) said.add(contradicted(tokens, at, alone) ? 'unclear' : alone)
    // Something is absent, and it might be the agent.
    else if (mentioned && !token.used && !token.absorbed && is(token, 'without') && !directOnly(token))
      said.add('unclear')
  }
  return merged(said)
}

/** Reads ContrastBolusAgent, which is free text on many scanners: "nil", "W/O", "NO CONTRAST" name no agent. */
export function agentText(text: string): 'given' | 'denied' | undefined {
  const tokens = tokensOf(text)
  const all = (...roles: Role[]) => tokens.every((token) => roles.some((role) => token.roles.has(role)))
  if (tokens.length === 0) return undefined
  if (all('says nothing of an agent')) return undefined
  if (tokens.every(({ text: sign }) => sign === '-' || sign === '⊖')) return 'denied'
  if (all('no agent at all', 'without', 'between') && !all('between')) return 'denied'
  if (tokens.some((token) => token.roles.has('no agent at all') && !is(token, 'without'))) return undefined
  const words = contrastWords(text)
  return words === 'without' ? 'denied' : words === 'unclear' ? undefined : 'given'
}

// The dictionary: exact words, then the longest stem ("gado*") that a word begins with.
const exact = new Map<string, Set<Role>>()
const stems = new Map<string, Set<Role>>()
for (const [role, list] of Object.entries(CONTRAST_WORDS) as [Role, Record<string, string[]>][])
  for (const word of ofAllLanguages(list)) {
    const folded = foldLetters(word)
    const [target, key] = folded.endsWith('*') ? [stems, folded.slice(0, -1)] : [exact, folded]
    target.set(key, (target.get(key) ?? new Set()).add(role))
  }
const stemsByLength = [...stems.keys()].sort((a, b) => b.length - a.length)
const cjkWords = [...exact.keys()]
  .filter((word) => new RegExp(`^[${CJK}]`, 'u').test(word))
  .sort((a, b) => b.length - a.length)
const sequenceNames = new Set(
  ofAllLanguages(SEQUENCE_WORDS.T1).concat('tse', 'fse', 'se', 'tfe', 'flair', 'ax', 'sag', 'cor', 'tra'),
)
const NO_ROLES: ReadonlySet<Role> = new Set()

function rolesOf(word: string): ReadonlySet<Role> | undefined {
  const roles = exact.get(word)
  if (roles) return roles
  const stem = stemsByLength.find((one) => word.startsWith(one))
  return stem === undefined ? undefined : stems.get(stem)
}

/** The meaning of a sign depends on the blanks around it; dotted letters are joined (m.d.c., i.v.); f/u, s/p and the like say nothing. */
function tokensOf(text: string): Token[] {
  const folded = foldLetters(text)
    .replace(/(?<![\p{L}\p{N}])(\p{L})\.(\p{L})\.?(?:(\p{L})\.?)?(?![\p{L}\p{N}])/gu, (_all, a, b, c = '') =>
      c || rolesOf(a + b) ? `${a}${b}${c} ` : `${a}/${b} `,
    )
    .replace(/(?<!\p{L})w\s*\/\s*o(?:ut\p{L}*)?(?=\P{L}|$)/gu, 'without ')
    .replace(/(?<!\p{L})(?:f\/u|s\/p|b\/l|r\/o|h\/o)(?!\p{L})/gu, ' ')
    .replace(/(?<!\p{L})n\s*\/\s*c(?!\p{L})/gu, 'nc')
    .replace(/(?<!\p{L})(\p{L}\/)[\s_]+(?=\p{L})/gu, '$1')
    .replace(/\(\s*\+\s*\)/g, ' ⊕ ')
    .replace(/\(\s*-\s*\)/g, ' ⊖ ')
    .replace(/\+\s*\/?\s*-|-\s*\/\s*\+/g, ' ± ')
    .replace(/_/g, ' ')
  const matches = folded.matchAll(
    new RegExp(`[⊕⊖±+\\-,;]|\\p{L}{1,2}/(?=\\p{L})|[${CJK}]+|(?:(?![${CJK}])[\\p{L}\\p{N}])+`, 'gu'),
  )
  const tokens: Token[] = []
  let end = 0
  for (const match of matches) {
    const blank = /\s|[()[\]]/.test(folded.slice(end, match.index))
    for (const [n, part] of partsOf(match[0]).entries())
      tokens.push({
        text: part,
        roles: rolesOf(part) ?? NO_ROLES,
        glued: tokens.length > 0 && (n > 0 || !blank),
        used: false,
        absorbed: false,
      })
    end = match.index + match[0].length
  }
  return tokens
}

/** Splits "t1ce", "postgd", "ivkm" and words of scripts without blanks into their parts. */
function partsOf(word: string): string[] {
  if (rolesOf(word)) return [word]
  if (word.endsWith('/')) return [word.slice(0, -1)]
  if (new RegExp(`^[${CJK}]`, 'u').test(word)) return cjkParts(word)
  const numbered = /^(\p{L}{2,})\d+$/u.exec(word) ?? /^\d+(\p{L}{2,})$/u.exec(word)
  if (numbered && rolesOf(numbered[1]!)) return [numbered[1]!]
  const t1 = /^(.*?)(t[12])(w?i?)(.*)$/.exec(word)
  if (t1) {
    const [, before = '', name = '', w = '', after = ''] = t1
    // The w of "T1W" means weighted, not with.
    const rest = after && rolesOf(w + after) ? w + after : after
    // A "c" after T1 means contrast; anywhere else it needs a sign or a qualifier.
    return [...(rolesOf(before) ? [before] : []), name, ...(rest === 'c' ? ['ce'] : rest ? partsOf(rest) : [])]
  }
  for (let i = 2; i <= word.length - 2; i++) {
    const [start, end] = [word.slice(0, i), word.slice(i)]
    const [first, second] = [exact.get(start), rolesOf(end)]
    if (second && (sequenceNames.has(start) || (first && (first.has('agent') || second.has('agent')))))
      return [start, end]
  }
  return [word]
}

function cjkParts(run: string): string[] {
  const parts: string[] = []
  for (let at = 0; at < run.length; ) {
    const word = cjkWords.find((one) => run.startsWith(one, at)) ?? run[at]!
    parts.push(word)
    at += word.length
  }
  return parts
}

const is = (token: Token | undefined, ...roles: Role[]) => roles.some((role) => token?.roles.has(role))
const isSign = (token: Token | undefined) => token !== undefined && /^[⊕⊖±+-]$/.test(token.text)
const isBreak = (token: Token | undefined) => token?.text === ',' || token?.text === ';'
const directOnly = (token: Token) => is(token, 'only directly at an agent')

/** "w/o FS", "post op", "no 3" say nothing about an agent. */
function absorb(tokens: Token[]): void {
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1]?.text === '-' ? tokens[at + 2] : tokens[at + 1]
    const another = is(next, 'other things to be without') && !is(token, 'never before another thing')
    const numbered = token.text === 'no' && /^\d+$/.test(next?.text ?? '')
    if (is(token, 'without') && (another || numbered)) token.absorbed = true
    if (is(token, 'before', 'after') && is(next, 'other events to be before or after')) token.absorbed = true
  }
}

/** What the text says about the agent that the token names; undefined if it names none. */
function mention(tokens: Token[], at: number): ContrastWords | undefined {
  const token = tokens[at]!
  const strong = is(token, 'agent')
  if (!strong && !is(token, 'agent beside a qualifier')) return undefined
  if (is(tokens[at - 1], 'contrast of another kind')) return undefined
  // "non con" is without contrast, "con mdc" and "c/gd" are with: a qualifier that can also be an agent gives way to a full agent.
  if (!strong && is(tokens[at + 1], 'agent')) return undefined
  const said = new Set<ContrastWords>()
  for (const one of [signBefore(tokens, at), signAfter(tokens, at)]) if (one) said.add(one)
  const before = wordBefore(tokens, at, strong)
  if (before) said.add(before)
  if (said.size === 0) {
    const after = wordAfter(tokens, at, strong)
    if (after) said.add(after)
  }
  if (said.size === 0) return strong ? 'with' : undefined
  return merged(said)
}

function signBefore(tokens: Token[], at: number): ContrastWords | undefined {
  const [sign, token] = [tokens[at - 1], tokens[at]!]
  if (sign?.text === '±') return 'unclear'
  if (sign?.text === '⊕') return 'with'
  if (sign?.text === '⊖') return 'without'
  if (sign?.text === '+') return 'with'
  if (sign?.text !== '-') return undefined
  // "T1-KM" joins two words, "T1 -KM" and "T1 - KM" are minus signs, "T1- KM" may be either.
  if (!sign.glued) return is(token, 'agent') || token.glued ? 'without' : undefined
  return token.glued ? undefined : 'unclear'
}

function signAfter(tokens: Token[], at: number): ContrastWords | undefined {
  const [sign, next] = [tokens[at + 1], tokens[at + 2]]
  if (sign?.text === '±') return 'unclear'
  if (sign?.text === '⊕') return 'with'
  if (sign?.text === '⊖') return 'without'
  const weak = !is(tokens[at], 'agent')
  if (sign?.text === '+') return weak && !sign.glued ? undefined : 'with'
  if (sign?.text !== '-') return undefined
  if (sign.glued) return next?.glued ? undefined : 'without'
  return next ? (weak ? undefined : 'unclear') : 'without'
}

const SAYS: readonly [Role, ContrastWords][] = [
  ['without', 'without'],
  ['before', 'without'],
  ['with', 'with'],
  ['after', 'with'],
]

/** What the qualifier says; "unclear" for a word that means one or the other depending on the language. */
function meaning(token: Token): ContrastWords | undefined {
  return merged(new Set(SAYS.flatMap(([role, says]) => (is(token, role) ? [says] : []))))
}

/** The nearest qualifier before the agent; unknown words in between make a denial doubtful, but never reverse it. */
function wordBefore(tokens: Token[], at: number, strong: boolean): ContrastWords | undefined {
  let strangers = 0
  for (let n = at - 1; n >= 0 && strangers <= 1; n--) {
    const token = tokens[n]!
    if (isBreak(token)) return undefined
    const says = token.absorbed ? undefined : meaning(token)
    if (says && !(strangers > 0 && directOnly(token)) && (strong || token.text.length > 1 || slashed(tokens, n))) {
      token.used = true
      if (contradicted(tokens, n, says)) return 'unclear'
      return strangers > 0 && says === 'without' && is(token, 'without') ? 'unclear' : says
    }
    // "sans injection de gadolinium" is one expression.
    if (is(token, 'agent')) continue
    if (!strong && !isSign(token) && !is(token, 'between')) return undefined
    if (!is(token, 'between', 'agent beside a qualifier') && !isSign(token)) strangers++
  }
  return undefined
}

/** "with and without", "w/wo": the qualifier before says the opposite. */
function contradicted(tokens: Token[], at: number, says: ContrastWords): boolean {
  // "C(-)": the letter is the agent that the sign belongs to.
  if (isSign(tokens[at]) && is(tokens[at - 1], 'agent beside a qualifier')) return false
  const other = is(tokens[at - 1], 'and') ? tokens[at - 2] : tokens[at - 1]
  const opposite = other && !other.used && !other.absorbed ? meaning(other) : undefined
  if (!opposite || opposite === says) return false
  other!.used = true
  return true
}

/** "s/c": the slash is gone, but the letters were adjacent. */
const slashed = (tokens: Token[], at: number) => tokens[at + 1]?.glued === true

/** A qualifier behind the agent, unless another agent claims it: "KM nein", "造影前", "kontrast oncesi". */
function wordAfter(tokens: Token[], at: number, strong: boolean): ContrastWords | undefined {
  if (!strong) return undefined
  for (let n = at + 1; n < tokens.length && n <= at + 4; n++) {
    const token = tokens[n]!
    if (is(token, 'agent') && n === at + 1) continue
    if (isBreak(token) || is(token, 'agent')) return undefined
    if (isSign(token) || token.used || token.absorbed || is(token, 'between')) continue
    if (is(token, 'after, behind the agent')) {
      token.used = true
      return 'with'
    }
    const says = meaning(token)
    const namesAgent = tokens.slice(n + 1, n + 3).some((next) => is(next, 'agent', 'agent beside a qualifier'))
    if (says && !namesAgent && !/^[a-z]$/.test(token.text)) {
      token.used = true
      return deniesAnother(tokens, n) ? 'unclear' : says
    }
    return undefined
  }
  return undefined
}

/** "KM nicht angewinkelt": what follows the denial may be what is denied. */
function deniesAnother(tokens: Token[], at: number): boolean {
  const next = tokens[at + 1]
  if (!next || !is(tokens[at], 'without') || is(tokens[at], 'never before another thing')) return false
  return !isSign(next) && !isBreak(next) && next.roles.size === 0 && !sequenceNames.has(next.text)
}

/** Words and signs that say it without naming an agent: "nativ", "post", "(+)"; a bare denial only as the last word. */
function standing(token: Token, last: boolean, mentioned: boolean): ContrastWords | undefined {
  if (is(token, 'alone without')) return 'without'
  if (is(token, 'alone with') && !(mentioned && is(token, 'between'))) return 'with'
  if (token.text === '⊕') return 'with'
  if (token.text === '⊖') return 'without'
  if (token.used || token.absorbed || directOnly(token)) return undefined
  if (is(token, 'before')) return 'without'
  if (is(token, 'after')) return 'with'
  if (!last || (!is(token, 'without') && token.text.length < WORD_LIMITS.minDenial.value)) return undefined
  return meaning(token)
}

function merged(said: ReadonlySet<ContrastWords>): ContrastWords | undefined {
  return said.size > 1 ? 'unclear' : [...said][0]
}
