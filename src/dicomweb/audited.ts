// An ImageArchive whose reads and writes of a study are recorded in the audit trail, also when they fail.
import type { AuditTrail, ImageArchive } from '../domain/ports.ts'
import type { Uid } from '../domain/study.ts'

export function auditArchive(archive: ImageArchive, audit: AuditTrail): ImageArchive {
  const record = (action: 'read' | 'write', studyInstanceUid: Uid, what: string, success: boolean) =>
    audit.record({ action, target: 'pacs', studyInstanceUid, what, outcome: success ? 'success' : 'failure' })

  async function audited<T>(
    action: 'read' | 'write',
    study: Uid,
    what: string,
    work: () => Promise<T>,
    good: (done: T) => boolean = () => true,
  ) {
    let done: T
    try {
      done = await work()
    } catch (error) {
      await record(action, study, what, false)
      throw error
    }
    await record(action, study, what, good(done))
    return done
  }

  return {
    searchStudies: (query) => archive.searchStudies(query),
    searchInstances: (study) => archive.searchInstances(study),
    retrieveMetadata: (study) => audited('read', study, 'metadata', () => archive.retrieveMetadata(study)),
    retrieveInstance: (study, series, instance) =>
      audited('read', study, `instance ${instance}`, () => archive.retrieveInstance(study, series, instance)),
    store: (study, instances) =>
      audited(
        'write',
        study,
        `${instances.length} ${instances.length === 1 ? 'instance' : 'instances'}`,
        () => archive.store(study, instances),
        (outcomes) => outcomes.every((outcome) => outcome.stored),
      ),
    async *retrieveSeries(study, series, expected) {
      let whole = false
      try {
        yield* archive.retrieveSeries(study, series, expected)
        whole = true
      } finally {
        await record('read', study, `series ${series}`, whole)
      }
    },
  }
}
