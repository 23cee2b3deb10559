// Decides for each series whether it was acquired with contrast agent: weighs statements from the whole study by how trustworthy their source is.
import { agentText, contrastWords } from './contrast-words.ts'
import type { SeriesFacts } from './facts.ts'
import { STACK_LIMITS } from './header-limits.ts'
import { foldDescription, LEFT_BY_WORDS, says } from './vocabulary.ts'

export interface ContrastEvidence {
  /** "conflict": equally trusted sources contradict each other. */
  contrast: 'given' | 'not-given' | 'unknown' | 'conflict'
  contrastReason: string
}

/**
 * How far a source is trusted. "certain": what a person or the scanner wrote on this series alone. "firm": follows from the time of
 * the injection. "weak": a hint that yields to any other. Two equally trusted ones that disagree are a conflict.
 */
const TRUST = { weak: 1, firm: 2, certain: 3 } as const

interface Statement {
  says: 'with' | 'without'
  trust: number
  text: string
}

export const NOTHING_SAID = 'nothing says whether contrast was given'

/** Judges every series of the study; `structural` are those that can be T1, T2 or FLAIR of the head. */
export function contrastOf(
  all: readonly SeriesFacts[],
  structural: ReadonlySet<SeriesFacts>,
): Map<SeriesFacts, ContrastEvidence> {
  const own = new Map(all.map((facts) => [facts, ownStatements(facts, all, structural)]))
  const injection = injectionOf(all, own)
  return new Map(
    all.map((facts) => {
      const { statements, remarks } = own.get(facts)!
      const { says, margin } = weigh(statements)
      const order = byOrder(facts, injection)
      // What the series says about itself needs no support from its time.
      const needed = order.filter((one) => one.says !== says || margin < TRUST.certain)
      return [facts, judge([...statements, ...needed], remarks)]
    }),
  )
}

interface Own {
  statements: Statement[]
  /** What was read but carries no weight; shown to the reader. */
  remarks: string[]
}

function ownStatements(facts: SeriesFacts, all: readonly SeriesFacts[], structural: ReadonlySet<SeriesFacts>): Own {
  const statements: Statement[] = []
  const remarks: string[] = []
  const say = (says: Statement['says'], trust: number, text: string) => statements.push({ says, trust, text })
  // A volume of 0 says something where another series has one above.
  const isZero = (one: SeriesFacts) => one.contrastVolume === 0 && all.some(({ contrastVolume }) => contrastVolume! > 0)
  const agent = isZero(facts) ? undefined : agentOf(facts)
  if (isZero(facts)) remarks.push('ContrastBolusVolume is 0')
  if (agent) {
    const copied = ![...structural].some(isZero) && isCopied(agent.says, [...structural])
    if (copied && agent.says === 'with') remarks.push(`${agent.text} on every series, which proves nothing about one`)
    else say(agent.says, copied ? TRUST.weak : TRUST.certain, copied ? `${agent.text} on every series` : agent.text)
  }
  if (facts.contrastAdministered === 'YES') say('with', TRUST.certain, 'ContrastBolusAgentAdministered YES')
  if (facts.contrastAdministered === 'NO') say('without', TRUST.certain, 'ContrastBolusAgentAdministered NO')
  const words = contrastWords(facts.description)
  if (words === 'unclear') remarks.push('the description speaks of both, with and without contrast')
  else if (words) {
    const exam = namesExamination(facts, all)
    const text =
      words === 'with' ? 'the description says with contrast' : 'the description says before or without contrast'
    say(words, exam ? TRUST.weak : TRUST.certain, exam ? `${text} (ProtocolName, the same for other series)` : text)
  }
  return { statements, remarks }
}

/** What ContrastBolusAgent or a volume states; undefined if they are absent or do not mention an agent. */
function agentOf(f: SeriesFacts): { says: Statement['says']; text: string } | undefined {
  const read = f.contrastAgents.map(agentText)
  if (read.includes('given')) return { says: 'with', text: 'ContrastBolusAgent is set' }
  if (read.includes('denied')) return { says: 'without', text: 'ContrastBolusAgent says none' }
  return !f.contrastVolume ? undefined : { says: 'with', text: 'ContrastBolusVolume is set' }
}

/** Whether the headers, not the description, say that there was contrast. */
export const namesAgent = (f: SeriesFacts): boolean => agentOf(f)?.says === 'with' || f.contrastAdministered === 'YES'

/** Scanners copy the agent, typed in once, to every series of the examination, including those before the injection. */
function isCopied(says: Statement['says'], structural: readonly SeriesFacts[]): boolean {
  return structural.length > 1 && structural.every((facts) => agentOf(facts)?.says === says)
}

/** ProtocolName stands in for a removed description; if several series of the study share it, it names the examination. */
function namesExamination(facts: SeriesFacts, all: readonly SeriesFacts[]): boolean {
  return facts.describedByProtocol && all.some((one) => one !== facts && one.description === facts.description)
}

/** Words for perfusion by dynamic susceptibility contrast, and for methods that need no agent. */
const BOLUS = LEFT_BY_WORDS.filter(({ kind }) => kind === 'perfusion').map(({ words }) => words)
const WITHOUT_BOLUS = { en: ['asl', 'pcasl', 'pasl', 'bold', 'fmri', 'ivim'] }

/** A first pass of contrast agent, whether or not anybody entered the agent. */
function isBolusPassage(f: SeriesFacts): boolean {
  const folded = foldDescription(f.description)
  return (
    f.positions > 0 &&
    f.images >= STACK_LIMITS.bolusPhases.value * f.positions &&
    !f.imageType.includes('ASL') &&
    !says(WITHOUT_BOLUS, folded) &&
    (f.imageType.some((value) => value.startsWith('PERFUSION')) || BOLUS.some((words) => says(words, folded)))
  )
}

const isScout = (f: SeriesFacts) => SCOUTS.some((words) => says(words, foldDescription(f.description)))
const SCOUTS = LEFT_BY_WORDS.filter((one) => one.kind === 'localizer' && one['yields to'].length === 0).map(
  ({ words }) => words,
)

interface Injection {
  /** Sortable time of the first series that certainly had contrast, and the evidence for it; the injection was no later. */
  by: string
  because: string
  /** Whether `by` is the injection itself (a bolus passage), so that anything earlier was acquired before contrast. */
  exact: boolean
}

function injectionOf(all: readonly SeriesFacts[], own: ReadonlyMap<SeriesFacts, Own>): Injection | undefined {
  // If the scanner states the time of injection, every series that has it shows the same one.
  const stated = [...new Set(all.map(({ injectedAt }) => injectedAt).filter(Boolean))]
  if (stated.length === 1) return { by: stated[0]!, because: 'the injection (ContrastBolusStartTime)', exact: true }
  const injections = all.flatMap((facts): Injection[] => {
    // The images of a Dixon acquisition are derived, but by the scanner, at the time of the acquisition.
    if (facts.acquiredAt === '' || (facts.imageType[0] === 'DERIVED' && !facts.dixon)) return []
    const number = facts.seriesNumber || '(no number)'
    if (isBolusPassage(facts)) return [{ by: facts.acquiredAt, because: `the bolus of series ${number}`, exact: true }]
    // A protocol named after its agent begins with scouts before the injection.
    if (isScout(facts) && !namesAgent(facts)) return []
    const { says, margin } = weigh(own.get(facts)!.statements)
    const certain = says === 'with' && margin >= TRUST.certain
    return certain ? [{ by: facts.acquiredAt, because: `series ${number}, which had contrast`, exact: false }] : []
  })
  return injections.sort((a, b) => (a.by < b.by ? -1 : a.by > b.by ? 1 : Number(b.exact) - Number(a.exact)))[0]
}

function byOrder(facts: SeriesFacts, injection: Injection | undefined): Statement[] {
  if (!injection || facts.acquiredAt === '' || facts.acquiredAt === injection.by) return []
  if (facts.acquiredAt > injection.by)
    return [
      {
        says: 'with',
        trust: injection.exact ? TRUST.certain : TRUST.firm,
        text: `acquired after ${injection.because}`,
      },
    ]
  const trust = injection.exact ? TRUST.firm : TRUST.weak
  return [{ says: 'without', trust, text: `acquired before ${injection.because}` }]
}

/** The side of the most trusted statement, and its lead over the other side in steps of trust. */
function weigh(statements: readonly Statement[]): { says: Statement['says']; margin: number } {
  const best = (side: Statement['says']) =>
    Math.max(0, ...statements.filter(({ says }) => says === side).map(({ trust }) => trust))
  const margin = best('with') - best('without')
  return { says: margin >= 0 ? 'with' : 'without', margin: Math.abs(margin) }
}

function judge(statements: readonly Statement[], remarks: readonly string[]): ContrastEvidence {
  if (statements.length === 0) return { contrast: 'unknown', contrastReason: remarks.join('; ') || NOTHING_SAID }
  const { says, margin } = weigh(statements)
  const texts = (side: Statement['says']) =>
    statements
      .filter((one) => one.says === side)
      .toSorted((a, b) => b.trust - a.trust)
      .map(({ text }) => text)
  const [pro, contra] = says === 'with' ? [texts('with'), texts('without')] : [texts('without'), texts('with')]
  const reason = [pro.join(', and '), ...(contra.length > 0 ? [`but ${contra.join(', and ')}`] : [])].join(', ')
  const contrastReason = [reason, ...remarks].join('; ')
  if (contra.length > 0 && margin === 0) return { contrast: 'conflict', contrastReason }
  // A weak hint of contrast is not enough to call an image enhanced; no contrast is the usual case.
  if (says === 'with' && margin < TRUST.firm) return { contrast: 'unknown', contrastReason }
  return { contrast: says === 'with' ? 'given' : 'not-given', contrastReason }
}

export const ONLY_LEFT = 'an agent is named, and all other T1 series are without it and earlier'

/**
 * The one T1 series after contrast, by elimination: the headers, which every series carries, name an agent, all other T1 series are
 * without it, and this one is the latest.
 */
export function onlyLeftAfter<One extends ContrastEvidence & { facts: SeriesFacts }>(
  t1: readonly One[],
): One | undefined {
  const [first, ...more] = t1.filter(({ contrast }) => contrast !== 'not-given')
  if (!first || more.length > 0 || t1.length === 1) return undefined
  if (first.contrast !== 'unknown' || !namesAgent(first.facts)) return undefined
  const at = first.facts.acquiredAt
  const isEarlier = ({ facts }: One) => facts.acquiredAt !== '' && facts.acquiredAt < at
  return t1.every((one) => one === first || isEarlier(one)) ? first : undefined
}
