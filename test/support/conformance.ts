// The DICOM Conformance Statement (PS3.2) and the table of validators' remarks, made from the objects and rules themselves.

import { dataset, items, text, texts } from '../../src/dicom/dataset.ts'
import { COMPRESSED } from '../../src/dicom/decompress.ts'
import { buildEncapsulatedPdf } from '../../src/dicom/encapsulated-pdf.ts'
import { buildLabelMap } from '../../src/dicom/label-map.ts'
import { buildParametricMap, SALIENCY_MAP, UNCERTAINTY_MAP } from '../../src/dicom/parametric-map.ts'
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, readPart10 } from '../../src/dicom/part10.ts'
import { buildProbabilityMap } from '../../src/dicom/probability-map.ts'
import { buildRejectionNote } from '../../src/dicom/rejection-note.ts'
import { buildSecondaryCapture } from '../../src/dicom/secondary-capture.ts'
import { buildSegmentation } from '../../src/dicom/segmentation.ts'
import { buildMeasurementReport } from '../../src/dicom/sr/measurement-report.ts'
import {
  DEFLATED_LITTLE_ENDIAN,
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
  RLE_LOSSLESS,
} from '../../src/dicom/transfer-syntax.ts'
import type { DicomJson } from '../../src/domain/study.ts'
import { reportInput } from '../dicom/report-input.ts'
import { CLASSIC_MR, classicSeries, ENHANCED_MR } from '../dicom/support.ts'
import { ACCEPTED_WARNINGS } from './dicom-validators.ts'
import { EXPLANATIONS } from './pixelmed.ts'

const NAMES: Record<string, string> = {
  [CLASSIC_MR]: 'MR Image Storage',
  [ENHANCED_MR]: 'Enhanced MR Image Storage',
  '1.2.840.10008.5.1.4.1.1.66.4': 'Segmentation Storage',
  '1.2.840.10008.5.1.4.1.1.66.7': 'Label Map Segmentation Storage',
  '1.2.840.10008.5.1.4.1.1.30': 'Parametric Map Storage',
  '1.2.840.10008.5.1.4.1.1.7': 'Secondary Capture Image Storage',
  '1.2.840.10008.5.1.4.1.1.88.34': 'Comprehensive 3D SR Storage',
  '1.2.840.10008.5.1.4.1.1.88.59': 'Key Object Selection Document Storage',
  '1.2.840.10008.5.1.4.1.1.104.1': 'Encapsulated PDF Storage',
}

const NATIVE: [string, string][] = [
  [IMPLICIT_LITTLE_ENDIAN, 'Implicit VR Little Endian'],
  [EXPLICIT_LITTLE_ENDIAN, 'Explicit VR Little Endian'],
  [DEFLATED_LITTLE_ENDIAN, 'Deflated Explicit VR Little Endian'],
  [EXPLICIT_BIG_ENDIAN, 'Explicit VR Big Endian'],
  [RLE_LOSSLESS, 'RLE Lossless'],
]

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

/** One object of every kind, with the setting that decides on it. */
async function everyObject(): Promise<{ setting: string; bytes: Uint8Array }[]> {
  const input = await reportInput(classicSeries)
  const { labels, grid, result, referenceSeries } = input
  const referenceInstance = referenceSeries.instances[0]!.metadata
  const map = { grid, data: Float32Array.from(labels.data) }
  const kind = { role: 'uncertainty', shows: UNCERTAINTY_MAP, description: 'x' }
  const saliency = { role: 'saliency-idh', shows: SALIENCY_MAP, description: 'x' }
  const picture = { number: 1, description: 'x', width: 1, height: 1, rgb: new Uint8Array(3) }
  const made = [
    ['always, when a tumour was found', input.segmentation!],
    ['writeBack.report', buildMeasurementReport(input)],
    ['writeBack.pdf', buildEncapsulatedPdf({ result, pdf: new Uint8Array(2), referenceInstance })],
    ['writeBack.segmentationPerSequence', buildSegmentation({ ...input, segmentation: labels, sequence: 'FLAIR' })],
    ['writeBack.keyImages', buildSecondaryCapture({ result, referenceSeries, ...picture })],
    ['writeBack.labelMap', buildLabelMap({ ...input, segmentation: labels })],
    ['writeBack.probabilities', buildProbabilityMap({ ...input, probabilityOf: () => map })!],
    ['writeBack.uncertainty', buildParametricMap({ ...input, map, ...kind })],
    ['writeBack.saliency', buildParametricMap({ ...input, map, ...saliency })],
    ['writeBack.rejectSuperseded', buildRejectionNote({ result, referenceInstance, rejected: [input.segmentation!] })],
  ] as const
  return made.map(([setting, { bytes }]) => ({ setting, bytes }))
}

/** Every coded concept in the report's tree that names an item, by its scheme. */
function conceptNames(item: DicomJson): string[] {
  const [name] = items(item, 'ConceptNameCodeSequence')
  const own =
    name === undefined
      ? []
      : [
          `${text(name, 'CodingSchemeDesignator')} ${text(name, 'CodeValue') || text(name, 'LongCodeValue')} ${text(name, 'CodeMeaning')}`,
        ]
  return [...own, ...items(item, 'ContentSequence').flatMap(conceptNames)]
}

export async function conformanceStatement(): Promise<string> {
  const objects = (await everyObject()).map(({ setting, bytes }) => ({ setting, ...readPart10(bytes) }))
  const written = objects.map(({ setting, dataset: ds, transferSyntaxUid }) => [
    NAMES[text(ds, 'SOPClassUID')]! + (text(ds, 'SegmentationType') ? ` (${text(ds, 'SegmentationType')})` : ''),
    text(ds, 'SOPClassUID'),
    text(ds, 'Modality'),
    text(ds, 'SeriesNumber'),
    setting,
    transferSyntaxUid,
  ])
  const report = objects[1]!.dataset
  const concepts = [...new Set(conceptNames(report))].sort()
  return `<!-- Made by test/dicom/conformance.test.ts from the code; regenerate with vitest -u. -->
# DICOM Conformance Statement

In the order of PS3.2. The service is a DICOMweb user agent. By setting it is an origin server for STOW-RS and an SCP of Storage.

## Networking
${table(
  ['Transaction', 'Used for', 'Notes'],
  [
    [
      'QIDO-RS: studies, instances',
      'noticing studies; which instances there are',
      'polling by StudyDate and ModalitiesInStudy, pages by limit and offset; identity is never taken from it',
    ],
    [
      'QIDO-RS: studies of one patient',
      'the earlier study, when the own store knows none',
      'by PatientID, StudyDate and ModalitiesInStudy = SR; IssuerOfPatientID is asked for, not matched; answers for other identifiers are dropped',
    ],
    ['WADO-RS: study metadata', 'geometry, identity, choice of series', 'DICOM JSON'],
    [
      'WADO-RS: series, instances',
      'pixels',
      'multipart, stored transfer syntax (transfer-syntax=*); completeness is proven against the metadata',
    ],
    [
      'STOW-RS: study',
      'results',
      'one request per analysis; each instance answered for, by ReferencedSOPSequence and FailedSOPSequence',
    ],
    [
      'UPS-RS: search, claim, update, change of state, subscription with WebSocket channel',
      'analyses that a worklist asks for',
      'task performer (PS3.18 Chapter 11, IHE AIW-I), off unless set; COMPLETED after STOW-RS was confirmed, failures as CANCELED with the reason',
    ],
  ],
)}

Authentication: none, HTTP basic or bearer token. TLS as the URL says. C-FIND and C-MOVE are not there.

### Images that are sent to the service
STOW-RS (\`receive.stow\`; PS3.18 Section 10.5) at \`/dicom-web/studies\` and \`/dicom-web/studies/{study}\`: \`multipart/related; type="application/dicom"\`, any SOP class and transfer
syntax, at most 200,000 objects of 1 GiB in a request. HTTP basic or bearer token. The answer is DICOM JSON: ReferencedSOPSequence (RetrieveURL is empty, nothing can be retrieved here),
FailedSOPSequence, and OtherFailuresSequence for parts that cannot be named. Status 200, 202, 409 as all, some or none were stored; 400 for a request that is cut off or no
multipart (whole parts of it are stored and named), 415 for other media types, 503 without room.
FailureReason: 0110H (processing), 0111H (another object is kept under this UID), A700H (no room), C000H (damaged, or without UIDs), C409H (of another study than the address says). Objects
are kept as they were sent, nothing is coerced, and go a number of days after their study is done (\`receive.keepDays\`): the service is no archive.

DIMSE (\`receive.dimse\`), as SCP; TCP, or TLS 1.2 and newer by setting. AE title \`receive.dimse.aeTitle\`; calling AE titles by list, by setting with their address.
| SOP class | Role | Transfer syntaxes |
| --- | --- | --- |
| Verification 1.2.840.10008.1.1 | SCP | Implicit VR Little Endian |
| Storage, all of the standard (1.2.840.10008.5.1.4.1.1.*) | SCP | those of the table below, the first that is proposed |
| Storage Commitment Push Model 1.2.840.10008.1.20.1 (\`receive.dimse.commitment\`) | SCP | Implicit VR Little Endian |

At most 16 associations, one operation at a time in each, PDUs of up to 16 MiB. Rejections: called AE title (permanent, 7), calling AE title (permanent, 3), local limit (transient, 2).
C-STORE: 0000H once the object is on the disk; A700H, 0110H, 0111H and C000H as above; A900H when the data set has another SOP Instance UID than the command. Storage Commitment: the report comes in an
association of ours to the address of the list (we propose the SCP role), else in the association of the request; failure reason 0112H. Committed objects are kept \`receive.keepDays\`
after the last of their study came, on the disks of the service, and cannot be retrieved from it: the commitment ends with that.

## Images that are read
${table(
  ['SOP class', 'UID'],
  [CLASSIC_MR, ENHANCED_MR].map((uid) => [NAMES[uid]!, uid]),
)}

One frame of reference, one regular grid of at least three slices, MONOCHROME2; what is not is refused by name.

Transfer syntaxes:
${table(
  ['Transfer syntax', 'UID'],
  [...NATIVE.map(([uid, name]) => [name, uid]), ...Object.entries(COMPRESSED).map(([uid, { name }]) => [name, uid])],
)}

## Objects that are written
${table(['SOP class', 'UID', 'Modality', 'SeriesNumber', 'Setting', 'Transfer syntax'], written)}

Implementation Class UID ${IMPLEMENTATION_CLASS_UID}, version name ${IMPLEMENTATION_VERSION_NAME}. Specific Character Set is always
${texts(report, 'SpecificCharacterSet').join('\\')}.

- **Identity.** Patient and study modules are copied from the reference series where their values are valid; what is empty there stays empty. Old and foreign
  forms that mean one valid value ("2026.03.01", "08:15:30", "+9:00") are mended, words that are too long are cut, a number or code that is not valid is left out
  (AccessionNumber of 21 characters), each with a note in the report. A UID of the study is referred to as it is, leading zeros included; one that no valid object can
  refer to, or such a Patient ID, holds the study before inference (\`SOURCE_INVALID\`).
- **UIDs** derive from the study, the set of its images, the bundle's digest and the kind of object: a repeated analysis writes the
  same objects, byte for byte.
- **Grid.** Segmentation and maps lie on the grid of the series that \`series.reference\` names (T1c by default), in its frame of
  reference; multi-frame sources are referenced by frame. With \`writeBack.segmentationPerSequence\` every other sequence whose
  series has a frame of reference gets the segmentation on its own grid too, in its own frame of reference, through the rigid
  registration of the analysis and by the nearest voxel; SeriesNumber 9011 (T1), 9012 (T1c), 9013 (T2), 9014 (FLAIR), the same Tracking
  UIDs. The report refers to the one on the reference.
- **Equipment.** Contributing Equipment (109102, DCM) holds the bundle as a device with a UID of its own; the report's device observer
  is the same.
- **Times** derive from the registration of the analysis, in the time zone of the study, else of the site; TimezoneOffsetFromUTC is always present, and no
  result is dated before its images.
- **State.** Completion COMPLETE, verification UNVERIFIED, preliminary PRELIMINARY: nobody has reviewed it.
- **Nothing found.** A report that says so, with volumes of zero; no segmentation, since viewers hang on an empty one.

## The measurement report (TID 1500)
${table(
  ['Content', 'Template', 'Notes'],
  [
    [
      'language, device observer',
      'TID 1204, 1002, 1004',
      'the subject is the patient of the document (TID 1006, by default)',
    ],
    [
      'procedure reported',
      'TID 1500 row 4',
      'the code of the images; without one (126020, DCM, "Multiparametric MRI")',
    ],
    [
      'images, by series',
      'TID 1600, 1601, 1602, 1604',
      'with the sequence that each was analysed as, and which carries the grid of the measurements: codes of our own',
    ],
    ['each segment: volume', 'TID 1411', 'tracking UID of the segment, referenced segment, source series'],
    [
      'each region of several segments: volume',
      'TID 1501',
      'TID 1411 takes one segment; these name all of them as the source of the measurement',
    ],
    [
      'each enhancing lesion: longest and perpendicular diameter',
      'TID 1410',
      'referenced segmentation frame, source image, method RANO',
    ],
    [
      'where these lines run',
      'TID 1501',
      'SCOORD on the source image, same tracking UID; SCOORD3D with the numbers where the axial plane is no slice of the series',
    ],
    [
      'each prediction',
      'TID 1501',
      'call, probability of each class with its 95 % range, or why there is none; codes of our own, never those of tissue results',
    ],
    ['no finding, remarks', 'TID 1500 row 12', ''],
  ],
)}

Diameters: of each 26-connected enhancing component, on the axial plane and in the 8-connected part of it where the longest is longest;
between points half way between pixels inside and outside; the perpendicular may cross what is enclosed. Measurable lesions (both at
least 10 mm), three at most; the largest alone when none is measurable.

Uncertainty ranges are 95 % intervals.

Concept names in a full report:

${concepts.map((concept) => `- ${concept}`).join('\n')}

Private coding scheme: ${texts(items(report, 'CodingSchemeIdentificationSequence')[0] ?? dataset({}), 'CodingSchemeDesignator').join('')}.

## A later analysis of the same study
Its report names the report of the latest earlier analysis that was stored (Predecessor Documents Sequence). With
\`writeBack.rejectSuperseded\` a Key Object Selection titled (113001, DCM, "Rejected for Quality Reasons") lists what that one stored, as
IHE Imaging Object Change Management has it (RAD TF-2 4.66). Not (113037, DCM, "Rejected for Patient Safety Reasons"): receivers must
then hide the objects, and a superseded analysis was right about the images it had. Whether to hide is the archive's setting. There is no
note once a person has decided on the earlier analysis: what was accepted, its verified report with it, stands until a person rejects it,
and that rejection lists all of it.

## A review
A person's acceptance stores the measurement report anew (SeriesNumber 9010, VERIFIED, the report before in Predecessor Documents Sequence) and
the PDF anew (9017, VERIFIED), each in a series of its own, with the corrected values. With \`writeBack.rejectSuperseded\` a Key Object
Selection titled as above, with the modifier (superseded-by-review, 99GLIABRIDGE), lists the two that they take the place of. A rejection
stores a Key Object Selection of all that was stored, with the modifier (rejected-on-review, 99GLIABRIDGE).

## An earlier study of the patient
The measurement report lists the earlier segmentation and report in Pertinent Other Evidence Sequence and has groups (TID 1501) of the change of
each volume (99GLIABRIDGE volume-change, volume-change-pc), of the change category (change-category: change-CR, change-PR, change-SD, change-PD) and
of each lesion. Segments, regions and lesions that continue earlier ones keep their Tracking ID and Tracking UID.

## Validators
See [dicom-validators.md](dicom-validators.md).
`
}

export function validatorRemarks(): string {
  return `<!-- Made by test/dicom/conformance.test.ts from the rules that the tests apply; regenerate with vitest -u. -->
# What validators say of our DICOM objects

Suites: \`test/integration/dicom-oracles.test.ts\` (segmentation, PDF), \`dicom-report.test.ts\` (structured report), \`dicom-extras.test.ts\`
(what a site switches on), \`dicom-sequences.test.ts\` (segmentation per sequence), \`dicom-dcmqi.test.ts\`, \`dicom-cornerstone.test.ts\`.
\`npm run conformance\` writes the verdicts on a run of the service to [report.md](report.md). Series: oblique and sagittal grids, odd frames (38 x 23, 31 x 17, 19 x 11), 3 to 600 slices, classic and
enhanced images, names in three scripts.

${table(
  ['Validator', 'Object', 'Verdict'],
  [
    ['dciodvfy (dicom3tools 2022)', 'all but the label map', '0 errors; the warnings below'],
    ['dciodvfy', 'label map', 'SOP class of 2024, not known to it'],
    ['dcentvfy', 'all but the label map, with their sources', '0 errors; the warning below'],
    [
      'dsrdump (dcmtk 3.6.7)',
      'report, rejection note',
      '0 errors; stops in a note that lists a label map, whose SOP class it does not know',
    ],
    ['PixelMed DicomSRValidator 2022', 'report with and without a tumour', 'no remark but those below'],
    ['highdicom 0.28', 'segmentations, maps', 'every value the same, in patient space'],
    [
      'dcmqi (@itk-wasm/dicom 7.6.4)',
      'segmentation',
      'every voxel and segment the same; see below for some frame sizes',
    ],
    ['dcmqi 1.5.7', 'label map', 'every voxel and segment the same; pixel value 0 is background'],
    [
      "Cornerstone3D's adapter 5.14",
      'segmentation',
      'every voxel and segment the same on the images; see below for frames of odd length',
    ],
    ['highdicom 0.28', 'report', 'groups, tracking UIDs, segments and values the same'],
  ],
)}

A series of fewer than three slices is refused before it is analysed, so there is no object of one or two slices.

## Remarks of dicom3tools that remain
${table(
  ['Tool', 'Remark', 'Why it stays'],
  ACCEPTED_WARNINGS.map(({ tool, pattern, because }) => [
    tool,
    `\`${pattern.source.replaceAll('\\', '').replaceAll('|', '/')}\``,
    because,
  ]),
)}

## Remarks of PixelMed that remain
${EXPLANATIONS.map(({ because }, n) => `${n + 1}. ${because}`).join('\n')}

Any other remark fails the suite, and the suite checks that it can fail.

## Where a reader is wrong
dcmqi, and with it DCMTK's reader of segmentations, misreads binary frames that are not aligned to bytes for some sizes: of 31 x 17 and
31 x 18 pixels (6 or 7 bits over) it gives other voxels than highdicom does, which agrees with ours; of 38 x 23 and 19 x 11
pixels (2 or 1 over) all agree. Matrices of scanners are multiples of 8, so their frames are aligned.

Cornerstone3D's adapter (5.14, as in OHIF) refuses binary frames that together end on an odd byte: it takes the byte that such a value is
padded with (PS3.5 8.1.1) for a wrong length. Matrices of multiples of 4 never do. Its test runs in Node, on label images of 40 x 24 and
48 x 21 pixels; \`viewer-ohif.test.ts\` opens the objects in OHIF itself, in a browser, and holds every voxel that it draws against ours.
`
}
