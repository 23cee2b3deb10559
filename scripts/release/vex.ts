// What is known about the vulnerabilities of a release, as CycloneDX 1.5 VEX: the registry's advisories, each with our assessment; pure.

/** The parts of `npm audit --json`, report version 2, that are used. */
export interface AuditReport {
  auditReportVersion: number
  vulnerabilities: Record<string, { name: string; via: (string | Advisory)[]; nodes: string[] }>
}

interface Advisory {
  source: number
  name: string
  title: string
  url: string
  severity: string
  range: string
}

/** What a person found out about an advisory for this program (CycloneDX `analysis`); kept in deploy/vex.json by GHSA id. */
export interface Assessment {
  state: 'resolved' | 'exploitable' | 'in_triage' | 'false_positive' | 'not_affected'
  /** For not_affected. */
  justification?:
    | 'code_not_present'
    | 'code_not_reachable'
    | 'requires_configuration'
    | 'requires_dependency'
    | 'requires_environment'
    | 'protected_by_compiler'
    | 'protected_at_runtime'
    | 'protected_at_perimeter'
    | 'protected_by_mitigating_control'
  detail: string
}

export interface Bom {
  serialNumber?: string
  metadata: { component: { name: string; version?: string; 'bom-ref'?: string } }
  components?: { name: string; group?: string; version?: string; 'bom-ref'?: string }[]
  dependencies?: { ref: string; dependsOn?: string[] }[]
}

/**
 * One entry per advisory, with the affected components of the bill of materials. An advisory that nobody has assessed is
 * "in_triage". Throws if an assessment belongs to an advisory that no longer applies, since it would be read as if it did.
 */
export function vexOf(bom: Bom, audit: AuditReport, assessments: Readonly<Record<string, Assessment>>) {
  const advisories = new Map<string, Advisory>()
  for (const { via } of Object.values(audit.vulnerabilities))
    for (const one of via) if (typeof one !== 'string') advisories.set(idOf(one), one)
  const stale = Object.keys(assessments).filter((id) => !advisories.has(id))
  if (stale.length > 0)
    throw new Error(`deploy/vex.json assesses what is no advisory of this release any more: ${stale.join(', ')}`)
  const vulnerabilities = [...advisories].sort().map(([id, { name, title, url, severity }]) => ({
    id,
    source: { name: 'GitHub Advisory Database', url },
    ratings: [{ severity: severity === 'moderate' ? 'medium' : severity }],
    description: title,
    analysis: assessments[id] ?? { state: 'in_triage' as const, detail: 'Not assessed at the time of the release.' },
    affects: refsOf(bom, name).map((ref) => ({ ref })),
  }))
  return { bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, metadata: bom.metadata, vulnerabilities }
}

/** "https://github.com/advisories/GHSA-…" */
function idOf({ url, source }: Advisory): string {
  return /GHSA(-[23456789cfghjmpqrvwx]{4}){3}/.exec(url)?.[0] ?? `npm-${source}`
}

/** "urn:cdx:serial/version#ref" (CycloneDX BOM-Link) of each component of that name. */
function refsOf({ components = [], serialNumber = '' }: Bom, name: string): string[] {
  const serial = serialNumber.replace(/^urn:uuid:/, '')
  return components
    .filter((one) => (one.group ? `${one.group}/${one.name}` : one.name) === name)
    .map((one) => `urn:cdx:${serial}/1#${one['bom-ref'] ?? one.name}`)
}
