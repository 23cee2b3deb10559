// Whether the patient has refused analysis by software, from Consent (FHIR R4); pure.
import type { Consent, ConsentProvision } from '@medplum/fhirtypes'
import { codesOf } from './resource-facts.ts'

/**
 * True if an active consent denies what `optOutCodes` ("system|code") name, by a provision of type deny or by its policy rule.
 * A provision without codes applies to what its consent is about (category, scope, policy rule); a permit inside a deny that
 * names the same thing is an exception to it. Provisions outside their period do not count.
 */
export function isRefused(consent: Consent, optOutCodes: readonly string[], now: Date): boolean {
  if (consent.status !== 'active') return false
  const listed = new Set(optOutCodes)
  const names = (codes: string[]) => codes.some((code) => listed.has(code))
  const rule = names(codesOf(consent.policyRule))
  const about = rule || names(codesOf(consent.scope, ...consent.category))
  const { provision } = consent
  if (!provision) return rule
  if (denies(provision, about, names, now)) return true
  return rule && !permits(provision, names, now)
}

type Names = (codes: string[]) => boolean

function applies(provision: ConsentProvision, about: boolean, names: Names): boolean {
  const { action = [], code = [], purpose = [], class: classes = [], securityLabel = [] } = provision
  const codes = codesOf(...action, ...code, ...purpose, ...classes, ...securityLabel)
  return codes.length > 0 ? names(codes) : about
}

function denies(provision: ConsentProvision, about: boolean, names: Names, now: Date): boolean {
  if (!isInForce(provision, now)) return false
  const inner = provision.provision ?? []
  if (provision.type === 'deny' && applies(provision, about, names))
    return !inner.some((exception) => permits(exception, names, now))
  return inner.some((nested) => denies(nested, about, names, now))
}

/** An exception must name what it allows. */
function permits(provision: ConsentProvision, names: Names, now: Date): boolean {
  return provision.type === 'permit' && isInForce(provision, now) && applies(provision, false, names)
}

function isInForce({ period }: ConsentProvision, now: Date): boolean {
  if (period?.start && Date.parse(period.start) > now.getTime()) return false
  return !period?.end || endOf(period.end) > now.getTime()
}

/** A date without a time lasts to the end of its day, month or year. */
function endOf(dateTime: string): number {
  if (dateTime.includes('T')) return Date.parse(dateTime)
  const [year = 0, month, day] = dateTime.split('-').map(Number)
  if (month === undefined) return Date.UTC(year + 1, 0, 1)
  return day === undefined ? Date.UTC(year, month, 1) : Date.UTC(year, month - 1, day + 1)
}
