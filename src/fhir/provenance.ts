// Provenance (FHIR R4): software asserted it, from which images. R4 gives it no identifier, so a tag finds it again.
import type { Provenance } from '@medplum/fhirtypes'
import { AIAST, ASSEMBLER, AUTHOR, CREATE } from './codes.ts'
import { dicomReference, metaOf, refer, type Wanted } from './context.ts'
import { keyValue } from './identifiers.ts'

/** `targets` names the roles that it covers. */
export function provenance(analysisSystem: string, analysisId: string, targets: string[]): Wanted<Provenance> {
  const value = keyValue(analysisId)
  return {
    role: 'provenance',
    key: { resourceType: 'Provenance', param: '_tag', system: analysisSystem, value },
    build: (context) => {
      const { result } = context.report
      return {
        resourceType: 'Provenance',
        meta: metaOf({ system: analysisSystem, code: value }),
        target: targets.map((role) => refer(context, role)),
        recorded: result.analysedAt,
        reason: [{ coding: [AIAST] }],
        activity: CREATE,
        agent: [
          { type: AUTHOR, who: refer(context, 'device', result.bundle.name) },
          {
            type: ASSEMBLER,
            who: { display: `${result.software.name} ${result.software.version}, ${result.software.manufacturer}` },
          },
        ],
        entity: [
          { role: 'source', what: refer(context, 'imagingStudy') },
          ...result.inputs.map(({ sequence, seriesInstanceUid }) => ({
            role: 'source' as const,
            what: dicomReference<never>(seriesInstanceUid, `DICOM series, ${sequence}`),
          })),
        ],
      }
    },
  }
}
