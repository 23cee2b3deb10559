// Every judge of FHIR resources that this machine has: base R4 and our profiles in process, HL7's own validator in Java.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OperationOutcomeError } from '@medplum/core'
import type { Resource } from '@medplum/fhirtypes'
import { canonical } from '../../conformance/fhir-guide/canonical.ts'
import { profileOf } from '../../conformance/fhir-guide/profiles.ts'
import { validate } from '../../demo/ehr/validate.ts'
import { profileErrors } from './fhir-profiles.ts'
import { HOW_TO_INSTALL, hapiJars, KNOWN_ERRORS, KNOWN_WARNINGS, validateFolder } from './hapi.ts'
import { type Verdict, verdictOf } from './verdict.ts'

export interface PostedResource {
  /** Its role in the report. */
  name: string
  resource: Resource
}

/** In process: base R4 with required bindings, then the profile of each. */
export async function judgeResources(posted: readonly PostedResource[]): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  for (const { name, resource } of posted) {
    verdicts.push(
      await verdictOf('FHIR R4', name, undefined, () => ({ remarks: baseErrors(resource).map((text) => ({ text })) })),
    )
    const profile = profileOf(resource)
    verdicts.push(
      await verdictOf('our profiles', name, undefined, () =>
        profile === undefined
          ? { remarks: [{ text: `no profile of ours is for ${resource.resourceType}` }] }
          : { remarks: profileErrors(resource, profile).map((text) => ({ text })), checked: profile.id },
      ),
    )
  }
  return verdicts
}

function baseErrors(resource: Resource): string[] {
  try {
    validate(resource)
    return []
  } catch (error) {
    if (!(error instanceof OperationOutcomeError)) throw error
    return (error.outcome.issue ?? []).map((issue) => `${issue.expression?.[0]}: ${issue.details?.text}`)
  }
}

const definitionsFolder = new URL('../../docs/conformance/fhir/package', import.meta.url).pathname

/** One run over everything, since it takes long to start; each resource is judged by its profile too. */
export async function judgeWithHl7(posted: readonly PostedResource[]): Promise<Verdict[]> {
  const jars = hapiJars()
  const validator = "HL7's validator"
  if (jars === undefined)
    return Promise.all(posted.map(({ name }) => verdictOf(validator, name, HOW_TO_INSTALL, () => ({ remarks: [] }))))
  const folder = await mkdtemp(join(tmpdir(), 'gliabridge-hl7-'))
  try {
    for (const [index, { resource }] of posted.entries()) {
      const profile = profileOf(resource)
      const meta = { ...resource.meta, ...(profile && { profile: [canonical('StructureDefinition', profile.id)] }) }
      await writeFile(join(folder, `${index}.json`), JSON.stringify({ ...resource, meta }))
    }
    const { files, messages } = await validateFolder(jars, definitionsFolder, folder)
    const known = [...KNOWN_ERRORS, ...KNOWN_WARNINGS]
    return await Promise.all(
      posted.map(({ name }, index) =>
        verdictOf(validator, name, files === posted.length ? undefined : 'it did not read every file', () => ({
          remarks: messages
            .filter(([, file]) => file === `${index}.json`)
            .map(([severity, , location, text]) => ({
              text: `${severity} ${location}: ${text}`,
              ...(known.some((pattern) => pattern.test(text ?? ''))
                ? { explained: 'Explained in docs/conformance/fhir/README.md.' }
                : {}),
            })),
        })),
      ),
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
