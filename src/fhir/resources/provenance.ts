// Provenance (FHIR R4): software asserted the results, from these images. R4 gives it no identifier, so it is found by a tag.
import type { Provenance } from '@medplum/fhirtypes'
import type { ReportableResult } from '../../domain/finding.ts'
import { AIAST, ASSEMBLER, AUTHOR, BUNDLE_SYSTEM, CREATE } from './codes.ts'
import { dicomReference, metaOf, type ResourceSpec, refer } from './context.ts'
import { bundleKey } from './device.ts'
import { keyValue } from './identifiers.ts'
import { narrative } from './narrative.ts'

/** Features of the tabular heads that come from the patient's record rather than the images. */
const RECORD_FACTS: Readonly<Record<string, string>> = {
  resection_gtr: 'extent of resection',
  resection_subtotal: 'extent of resection',
  kps: 'Karnofsky performance status',
}

/** Which facts from the EHR went into a prediction: those with a value among its features. */
export function recordFacts({ predictions }: Pick<ReportableResult, 'predictions'>): string[] {
  const used = predictions.flatMap((prediction) =>
    prediction.status === 'not-evaluable'
      ? []
      : prediction.explanation.flatMap(({ feature, value }) =>
          value === undefined ? [] : (RECORD_FACTS[feature] ?? []),
        ),
  )
  return [...new Set(used)]
}

/** `targets` names the roles that it covers. */
export function provenance(analysisSystem: string, analysisId: string, targets: string[]): ResourceSpec<Provenance> {
  const value = keyValue(analysisId)
  return {
    role: 'provenance',
    key: { resourceType: 'Provenance', param: '_tag', system: analysisSystem, value },
    build: (context) => {
      const { result } = context.report
      const { bundle, software } = result
      const facts = recordFacts(result)
      const sequences = result.inputs.map((input) => input.sequence).join(', ')
      const card = `Model card (card.md) of ${bundle.name}, version ${bundle.version}${bundle.cardDigest ? `, SHA-256 ${bundle.cardDigest}` : ''}`
      return {
        resourceType: 'Provenance',
        meta: metaOf({ system: analysisSystem, code: value }),
        text: narrative([
          `Asserted by software (artificial intelligence): ${bundle.name}, version ${bundle.version}, run by ${software.name} ${software.version}. No person had reviewed it when this was recorded.`,
          `Made from the MR series ${sequences} of the study ${result.study.studyInstanceUid}${facts.length > 0 ? ` and, from the patient's record: ${facts.join(', ')}` : ''}.`,
          `${card}.`,
        ]),
        target: targets.map((role) => refer(context, role)),
        recorded: result.analysedAt,
        reason: [{ coding: [AIAST] }],
        activity: CREATE,
        agent: [
          { type: AUTHOR, who: refer(context, 'device', bundle.name) },
          { type: ASSEMBLER, who: { display: `${software.name} ${software.version}, ${software.manufacturer}` } },
        ],
        entity: [
          { role: 'source', what: refer(context, 'imagingStudy') },
          ...result.inputs.map(({ sequence, seriesInstanceUid }) => ({
            role: 'source' as const,
            what: dicomReference<never>(seriesInstanceUid, `DICOM series, ${sequence}`),
          })),
          ...(facts.length > 0
            ? [
                {
                  role: 'source' as const,
                  what: refer<never>(context, 'patient', `Patient's record: ${facts.join(', ')}`),
                },
              ]
            : []),
          ...(result.tissueResults ?? []).map(({ reference, test }) => ({
            role: 'quotation' as const,
            what: { reference, display: test },
          })),
          {
            role: 'derivation',
            what: {
              type: 'DocumentReference',
              identifier: { system: BUNDLE_SYSTEM, value: `${bundleKey(bundle)}.card` },
              display: card,
            },
          },
        ],
      }
    },
  }
}
