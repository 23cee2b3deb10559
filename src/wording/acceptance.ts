// Wording of an acceptance: what was required, the outcome, and how to verify the document.
import type { AcceptanceLimit, AcceptanceReport, AcceptedStudy, LimitVerdict } from '../domain/acceptance.ts'
import { SHORT_HEAD_NAMES } from './names.ts'
import { partPercent, volume } from './quantities.ts'

export const ACCEPTANCE = {
  title: 'Acceptance test',
  go: 'GO – every limit is met',
  noGo: 'NO-GO – not every limit is met',
  limits: 'Limits, stated before the run',
  limit: 'Limit',
  measured: 'Measured',
  verdict: 'Met',
  yes: 'yes',
  no: 'no',
  ran: 'What was run',
  studies: 'Studies',
  study: 'Study',
  result: 'Result',
  reference: 'Against the reference',
  verify: 'How to verify',
  research: 'Research use only. Not a medical device; whether the bundle is used here is for the site to decide.',
  nothing: '–',
} as const

/** "Median Dice, WT: at least 0.85" */
export function limitWords(limit: AcceptanceLimit): string {
  const on =
    limit.cases > 1 ? `, on at least ${limit.cases} ${limit.measure === 'wrong-calls' ? 'calls' : 'studies'}` : ''
  switch (limit.measure) {
    case 'studies':
      return `Studies: at least ${limit.atLeast}`
    case 'failures':
      return `Studies without a result: at most ${partPercent(limit.atMost)}${on}`
    case 'dice':
      return `Median Dice, ${limit.region}: at least ${limit.atLeast}${on}`
    case 'volume-error':
      return `Median error of the volume, ${limit.region}: at most ${partPercent(limit.atMost)}${on}`
    case 'wrong-calls':
      return `Wrong calls, ${SHORT_HEAD_NAMES[limit.head]}: at most ${partPercent(limit.atMost)}${on}`
    case 'seconds':
      return `Slowest study: at most ${limit.atMost} s${on}`
  }
}

/** "0.871 (12 studies)" */
export function measuredWords({ limit, measured, cases }: LimitVerdict): string {
  if (measured === undefined) return 'not measured'
  const on = ` (${cases} ${limit.measure === 'wrong-calls' ? 'calls' : cases === 1 ? 'study' : 'studies'})`
  switch (limit.measure) {
    case 'studies':
      return String(measured)
    case 'dice':
      return `${measured.toFixed(3)}${on}`
    case 'seconds':
      return `${measured.toFixed(0)} s${on}`
    case 'failures':
    case 'volume-error':
    case 'wrong-calls':
      return `${partPercent(measured)}${on}`
  }
}

/** Inventory: one line each, name and value. */
export function inventory({ plan, endedAt, planSha256 }: AcceptanceReport): [string, string][] {
  const { bundle, runtime, software, source, limitsSha256, labelsSha256 } = plan
  return [
    ['Bundle', `${bundle.id} ${bundle.version}`],
    ['Intended use', bundle.intendedUse],
    ['Bundle sha256', bundle.digest],
    ['Model sha256', bundle.modelDigest],
    ['Weights sha256', bundle.weightsDigest],
    ['Software', `${software.name} ${software.version}, Node ${runtime.node}`],
    ['Run on', `${runtime.provider} (${runtime.runtime})`],
    ['Studies from', source],
    ['Begun, ended', `${minute(plan.begunAt)}, ${minute(endedAt)}`],
    ['Limits sha256', limitsSha256],
    ...(labelsSha256 ? [['Truths sha256', labelsSha256] as [string, string]] : []),
    ['Plan sha256', planSha256],
  ]
}

const minute = (iso: string) => `${iso.slice(0, 16).replace('T', ' ')} UTC`

/** "WT 38.2 mL; grade: 4 (wrong: 3); 41 s" */
export function resultWords({ failure, volumes, calls, seconds }: AcceptedStudy): string {
  if (failure) return `${failure.code}: ${failure.message}`
  const made = calls.flatMap(({ head, call, truth }) => {
    if (call === undefined) return []
    const judged = truth === undefined ? '' : truth === call ? ' (right)' : ` (wrong: ${truth})`
    return [`${SHORT_HEAD_NAMES[head]} ${call}${judged}`]
  })
  const whole = volumes.WT === undefined ? [] : [`WT ${volume(volumes.WT)}`]
  return [...whole, ...made, ...(seconds === undefined ? [] : [`${seconds.toFixed(0)} s`])].join('; ')
}

/** "Dice WT 0.912, ET 0.834" */
export function agreementWords({ scores }: AcceptedStudy): string {
  if (scores.length === 0) return ACCEPTANCE.nothing
  return `Dice ${scores.map(({ region, dice }) => `${region} ${dice.toFixed(3)}`).join(', ')}`
}

/** Works with any OpenSSL 3: the signature covers the bytes of the file. */
export const verifyCommand = (file: string) =>
  `openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in ${file} -sigfile ${file}.sig`
export const verifyWords = (json: string, digest: string) =>
  `This page and ${json} (sha256 ${digest}) say the same; each is signed (Ed25519) in a file beside it that ends in .sig. The key public-key.pem must be the one that the site gave out by another way.`
