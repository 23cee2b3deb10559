// What of other people's software is tried, and by which suite. A cell without a suite has no test that runs against the real thing; one of a site's own server is run where there is one.

export interface Cell {
  /** What stands in the row: archive, EHR, or what reads the results. */
  row: string
  /** What stands in the column. */
  column: string
  /** Test file under test/. */
  suite?: string
  /** What the suite needs beyond this repository and Debian packages. */
  needs?: string
  /** The suite runs against a server that `needs` names, with `--only` alone: nobody else has that product. */
  ofSite?: true
  /** What is to be run before it, once. */
  first?: string
  /** An obstacle in the other software, by its own issue. */
  upstream?: { says: string; link: string }
}

const CONTRACT = 'the archive contract'
const EHR_CONTRACT = 'the EHR contract'
/** Readers that are packages of npm. */
const JS = 'npm ci --ignore-scripts --prefix test/integration/oracles/js'
const SERVICE = 'the whole service'
/** Products of which there is no copy to install: whoever has one names it. */
const OWN_ARCHIVE = {
  column: CONTRACT,
  suite: 'integration/own-archive.test.ts',
  needs: 'GLIABRIDGE_TEST_DICOMWEB',
  ofSite: true,
} as const
const OWN_EHR = {
  column: EHR_CONTRACT,
  suite: 'integration/fhir.test.ts',
  needs: 'GLIABRIDGE_TEST_FHIR',
  ofSite: true,
} as const

/** Archives with the EHRs that the same run had, EHRs alone, and readers of the results. */
export const CELLS: Cell[] = [
  { row: 'embedded archive', column: CONTRACT, suite: 'demo/archive.test.ts' },
  { row: 'embedded archive', column: `${SERVICE}, embedded EHR`, suite: 'integration/composed.test.ts' },
  { row: 'Orthanc', column: CONTRACT, suite: 'integration/orthanc.test.ts' },
  { row: 'Orthanc', column: `${SERVICE}, embedded EHR, PostgreSQL`, suite: 'integration/main-job.test.ts' },
  {
    row: 'Orthanc',
    column: 'faults, HAPI FHIR, PostgreSQL',
    suite: 'integration/real-faults.test.ts',
    needs: 'GLIABRIDGE_TEST_HAPI',
  },
  {
    row: 'dcm4chee',
    ...OWN_ARCHIVE,
    upstream: {
      says: '5.35.0 takes the Transaction UID of Update Workitem in the body only; we send it as the archive accepts it',
      link: 'https://github.com/dcm4che/dcm4chee-arc-light/issues/4963',
    },
  },
  ...['Google Healthcare API', 'Azure DICOM service', 'AWS HealthImaging'].map((row) => ({ row, ...OWN_ARCHIVE })),
  {
    row: 'archives as they describe themselves, in imitation',
    column: 'search, retrieve, store',
    suite: 'dicomweb/archive-profiles.test.ts',
  },
  { row: 'embedded EHR (Medplum libraries)', column: EHR_CONTRACT, suite: 'fhir/writing/contract.test.ts' },
  { row: 'HAPI FHIR', column: EHR_CONTRACT, suite: 'integration/fhir.test.ts', needs: 'GLIABRIDGE_TEST_HAPI' },
  ...['Medplum server', 'Epic', 'Oracle Health'].map((row) => ({ row, ...OWN_EHR })),
  { row: 'Cornerstone (OHIF)', column: 'reads SEG and SR', suite: 'integration/dicom-cornerstone.test.ts', first: JS },
  {
    row: 'OHIF 3.13, Orthanc',
    column: 'shows SEG in a browser; lists SR, whose values it does not show',
    suite: 'integration/viewer-ohif.test.ts',
    first: 'bash test/integration/oracles/ohif/install.sh out/ohif',
    upstream: {
      says: 'OHIF takes a SEG that lists several series for one of whichever it loaded first; ours lists one',
      link: 'https://github.com/OHIF/Viewers/issues/3936',
    },
  },
  { row: 'dcmqi (3D Slicer)', column: 'reads SEG', suite: 'integration/dicom-dcmqi.test.ts', first: JS },
  {
    row: 'highdicom, pydicom, dicom3tools',
    column: 'read and validate every object',
    suite: 'integration/dicom-oracles.test.ts',
    needs: 'GLIABRIDGE_PYTHON',
  },
  {
    row: 'DCMTK, pynetdicom',
    column: 'C-STORE, storage commitment',
    suite: 'integration/dimse.test.ts',
    needs: 'GLIABRIDGE_PYTHON',
  },
  {
    row: 'python-hl7, Orthanc',
    column: 'HL7 v2 over MLLP',
    suite: 'integration/hl7.test.ts',
    needs: 'GLIABRIDGE_PYTHON',
  },
  ...['3D Slicer', 'Weasis', 'commercial viewers'].map((row) => ({ row, column: 'on a screen' })),
]

export const idOf = ({ row, column }: Pick<Cell, 'row' | 'column'>) => `${row}: ${column}`
