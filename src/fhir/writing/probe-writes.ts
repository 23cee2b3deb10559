// Tries the rights to create, update and remove on every type that a report consists of, with resources of nobody that are marked as errors.
import type { Resource, ResourceType } from '@medplum/fhirtypes'
import { asAppError } from '../../domain/errors.ts'
import { NOBODY } from '../connection/probe.ts'
import type { RecordStore } from '../connection/record-store.ts'
import type { WriteMode } from './capability.ts'

export interface ProbeSite {
  identifierSystem: string
  analysisSystem: string
  mode: WriteMode
  notify: 'none' | 'communication' | 'task'
  /** Whether the report has key pictures. */
  keyImages?: boolean
}

/** One line per type: what was done, or which right is missing. */
export interface ProbedWrites {
  done: string[]
  failed: string[]
}

/** Repetitions find what an earlier probe could not remove. Never throws: the server's answer is the result. */
export async function probeWrites(store: RecordStore, site: ProbeSite): Promise<ProbedWrites> {
  const result: ProbedWrites = { done: [], failed: [] }
  for (const resource of probes(site)) {
    const { resourceType } = resource
    const steps: string[] = []
    const attempt = async <T>(step: string, work: () => Promise<T>): Promise<T | undefined> => {
      try {
        const value = await work()
        steps.push(step)
        return value
      } catch (thrown) {
        const { code, message } = asAppError(thrown)
        // A server that forbids removal is not at fault: what it keeps is marked as an error.
        if (step === 'removed') steps.push(`stays, marked entered-in-error (${code})`)
        else result.failed.push(`${code}: ${message}; grant the right to have ${resourceType} ${step}`)
        return undefined
      }
    }
    const remaining = await find(store, site, resourceType)
    const created =
      remaining ??
      (await attempt('created', async () => createdIn(store, await store.create(resource), site, resourceType)))
    if (created?.id === undefined) {
      if (steps.includes('created')) result.done.push(`${resourceType}: created; where it is, the server does not say`)
      continue
    }
    const version = created.meta?.versionId
    if (version !== undefined)
      await attempt('updated', () => store.update({ ...resource, id: created.id } as Resource, version))
    await attempt('removed', () => store.remove(`${resourceType}/${created.id}`))
    result.done.push(`${resourceType}: ${steps.join(', ')}`)
  }
  result.done.push('untested: Provenance, Binary, and transactions (they come with the first report)')
  return result
}

async function find(
  store: RecordStore,
  { analysisSystem }: ProbeSite,
  type: ResourceType,
): Promise<Resource | undefined> {
  const probes = await store.search(type, 'identifier', [`${analysisSystem}|${NOBODY}`]).catch(() => [])
  return probes.find((one) => JSON.stringify(one).includes(NOBODY))
}

async function createdIn(
  store: RecordStore,
  { resource, place }: Awaited<ReturnType<RecordStore['create']>>,
  site: ProbeSite,
  type: ResourceType,
): Promise<Resource | undefined> {
  return resource ?? (place ? store.read(place.reference) : find(store, site, type))
}

/** Each says what it is, by its text and its status, to whoever comes across it. */
function probes({ identifierSystem, analysisSystem, mode, notify, keyImages = false }: ProbeSite): Resource[] {
  const identifier = [{ system: analysisSystem, value: NOBODY }]
  const subject = { identifier: { system: identifierSystem, value: NOBODY }, display: 'nobody: a check of rights' }
  const code = { text: 'Check of rights, to be ignored' }
  const data = Buffer.from('Check of rights, to be ignored\n').toString('base64')
  const document: Resource = {
    resourceType: 'DocumentReference',
    status: 'entered-in-error',
    identifier,
    subject,
    content: [{ attachment: { contentType: 'text/plain', data } }],
  }
  const report: Resource[] = [
    {
      resourceType: 'Device',
      status: 'entered-in-error',
      identifier,
      deviceName: [{ name: code.text, type: 'user-friendly-name' }],
    },
    { resourceType: 'ImagingStudy', status: 'entered-in-error', identifier, subject },
    { resourceType: 'DiagnosticReport', status: 'entered-in-error', identifier, subject, code },
    { resourceType: 'Observation', status: 'entered-in-error', identifier, subject, code },
    { resourceType: 'RiskAssessment', status: 'entered-in-error', identifier, subject },
  ]
  const notices: Resource[] =
    notify === 'communication'
      ? [{ resourceType: 'Communication', status: 'entered-in-error', identifier, subject }]
      : notify === 'task'
        ? [{ resourceType: 'Task', status: 'entered-in-error', intent: 'order', identifier, for: subject }]
        : []
  const content = { contentType: 'text/plain', data }
  const pictures: Resource[] = keyImages
    ? [{ resourceType: 'Media', status: 'entered-in-error', identifier, subject, content }]
    : []
  return mode === 'document' ? [document] : [...report, ...pictures, document, ...notices]
}
