// An ImageArchive whose reads and writes of a study are recorded in the audit trail, including those that fail.
import type { AuditEntry, AuditTrail } from '../domain/ports/audit-trail.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { Uid } from '../domain/study.ts'
import { studyParameters } from './query.ts'

type Kind = Pick<AuditEntry, 'action' | 'interaction' | 'what' | 'objects' | 'query'>

/**
 * `server` is the archive's base URL. A search is recorded if it is for one patient or one order; other searches ask for UIDs
 * and modalities only.
 */
export function auditArchive(archive: ImageArchive, audit: AuditTrail, server: string): ImageArchive {
  const record = (kind: Kind, studyInstanceUid: Uid, success: boolean) =>
    audit.record({ ...kind, target: 'pacs', studyInstanceUid, outcome: success ? 'success' : 'failure', server })

  async function audited<T>(kind: Kind, study: Uid, work: () => Promise<T>, good: (done: T) => boolean = () => true) {
    let done: T
    try {
      done = await work()
    } catch (error) {
      await record(kind, study, false)
      throw error
    }
    await record(kind, study, good(done))
    return done
  }

  return {
    searchStudies: (query) =>
      query.patient === undefined && query.accessionNumber === undefined
        ? archive.searchStudies(query)
        : audited(
            {
              action: 'read',
              interaction: 'search-type',
              what: query.patient === undefined ? 'studies of the order' : 'studies of the patient',
              query: `studies?${new URLSearchParams(studyParameters(query))}`,
            },
            query.patient?.onBehalfOf ?? '',
            () => archive.searchStudies(query),
          ),
    ...(archive.ways && { ways: archive.ways }),
    searchInstances: (study) => archive.searchInstances(study),
    ...(archive.statedCounts && { statedCounts: archive.statedCounts }),
    retrieveMetadata: (study) =>
      audited({ action: 'read', interaction: 'access', what: 'metadata' }, study, () =>
        archive.retrieveMetadata(study),
      ),
    retrieveInstance: (study, series, instance) =>
      audited(
        { action: 'read', interaction: 'retrieve', what: `instance ${instance}`, objects: [instance] },
        study,
        () => archive.retrieveInstance(study, series, instance),
      ),
    store: (study, instances) =>
      audited(
        {
          action: 'write',
          interaction: 'store',
          what: `${instances.length} ${instances.length === 1 ? 'instance' : 'instances'}`,
          objects: instances.map(({ sopInstanceUid }) => sopInstanceUid),
        },
        study,
        () => archive.store(study, instances),
        (outcomes) => outcomes.every((outcome) => outcome.stored),
      ),
    async *retrieveSeries(study, series, expected) {
      let whole = false
      try {
        yield* archive.retrieveSeries(study, series, expected)
        whole = true
      } finally {
        const kind: Kind = { action: 'read', interaction: 'retrieve', what: `series ${series}`, objects: expected }
        await record(kind, study, whole)
      }
    },
  }
}
