// ConceptMap (FHIR R4): from our imaging codes to codes that people know, for reading only: related, never the same.
import type { ConceptMap, ConceptMapGroup } from '@medplum/fhirtypes'
import { MEASUREMENT_SYSTEM, PREDICTION_SYSTEM } from '../../src/fhir/resources/codes.ts'
import { canonical, machineName, PUBLICATION } from './canonical.ts'

const LOINC = 'http://loinc.org'
const SNOMED = 'http://snomed.info/sct'
const NCIT = 'http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl'

const TISSUE = 'Test of tissue on the same question. Never put this code on a statement from images.'
const FINDING = 'The kind of tissue whose volume in images this is; the code itself names no volume.'

type Target = [code: string, display?: string]

function group(source: string, target: string, comment: string, elements: Record<string, Target[]>): ConceptMapGroup {
  return {
    source,
    target,
    element: Object.entries(elements).map(([code, targets]) => ({
      code,
      target: targets.map(([targetCode, display]) => ({
        code: targetCode,
        ...(display !== undefined && { display }),
        equivalence: 'relatedto',
        comment,
      })),
    })),
  }
}

/** LOINC and NCIt codes as HL7's guides mCODE and Genomics Reporting use them; SNOMED CT and NCIt of regions as DICOM CID 7159, 7168, 7169. */
export const conceptMap: ConceptMap = {
  resourceType: 'ConceptMap',
  id: 'imaging-to-tissue',
  url: canonical('ConceptMap', 'imaging-to-tissue'),
  name: machineName('imaging-to-tissue'),
  title: 'Statements from images and related tests of tissue',
  ...PUBLICATION,
  description:
    'For people who look for the laboratory test that answers the same question as a prediction, and for the names of regions. No program may translate a prediction into a target of this map: every relation is "related to", none is equivalence.',
  group: [
    group(PREDICTION_SYSTEM, LOINC, TISSUE, {
      'predicted-idh': [
        ['100022-3', 'IDH1 gene mutations found [Identifier] in Blood or Tissue by Molecular genetics method Nominal'],
        ['100023-1', 'IDH2 gene mutations found [Identifier] in Blood or Tissue by Molecular genetics method Nominal'],
      ],
      'predicted-1p19q': [['93800-1'], ['93802-7']],
      'predicted-mgmt': [['64083-9', 'MGMT gene methylation score in Tissue by Molecular genetics method']],
    }),
    group(PREDICTION_SYSTEM, NCIT, TISSUE, { 'predicted-grade': [['C18000', 'Histologic Grade']] }),
    group(PREDICTION_SYSTEM, SNOMED, 'The grading system that the classes are named after.', {
      'predicted-grade': [['277460003', 'World Health Organization central nervous system tumor grading system']],
    }),
    group(MEASUREMENT_SYSTEM, SNOMED, FINDING, {
      'volume-WT': [['108369006', 'Neoplasm']],
      'volume-NCR': [['6574001', 'Necrosis']],
      'volume-ED': [['79654002', 'Edema']],
    }),
    group(MEASUREMENT_SYSTEM, NCIT, FINDING, { 'volume-ET': [['C113842', 'Enhancing Lesion']] }),
  ],
}
