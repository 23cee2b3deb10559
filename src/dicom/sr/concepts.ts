// Concepts of the measurement report (PS3.16): names and values of content items, each with the template or context group it comes from.
import type { ChangeCategory } from '../../domain/comparison.ts'
import type { Head } from '../../domain/finding.ts'
import type { DicomJson, Sequence } from '../../domain/study.ts'
import { HEAD_NAMES, SEQUENCE_NAMES } from '../../wording/names.ts'
import { code } from '../codes.ts'
import { dataset } from '../dataset.ts'

const dcm = (value: string, meaning: string) => code(value, 'DCM', meaning)
const sct = (value: string, meaning: string) => code(value, 'SCT', meaning)
const ucum = (value: string, meaning: string) => code(value, 'UCUM', meaning)
/** Our own coding scheme, for what no standard code covers. */
export const OWN_SCHEME = '99GLIABRIDGE'
const own = (value: string, meaning: string) => code(value, OWN_SCHEME, meaning)

/** CID 7021; the title by which viewers know a TID 1500 report. */
export const IMAGING_MEASUREMENT_REPORT = dcm('126000', 'Imaging Measurement Report')

// TID 1204
export const LANGUAGE = dcm('121049', 'Language of Content Item and Descendants')
export const ENGLISH = code('en', 'RFC5646', 'English')

// TID 1002, 1004, 1006
export const OBSERVER_TYPE = dcm('121005', 'Observer Type')
export const DEVICE = dcm('121007', 'Device')
export const DEVICE_UID = dcm('121012', 'Device Observer UID')
export const DEVICE_NAME = dcm('121013', 'Device Observer Name')
export const DEVICE_MANUFACTURER = dcm('121014', 'Device Observer Manufacturer')
export const DEVICE_MODEL = dcm('121015', 'Device Observer Model Name')
export const DEVICE_SERIAL = dcm('121016', 'Device Observer Serial Number')

// TID 1500
export const PROCEDURE_REPORTED = dcm('121058', 'Procedure reported')
/** CID 100. */
export const MULTIPARAMETRIC_MRI = dcm('126020', 'Multiparametric MRI')
export const IMAGING_MEASUREMENTS = dcm('126010', 'Imaging Measurements')
export const QUALITATIVE_EVALUATIONS = code('C0034375', 'UMLS', 'Qualitative Evaluations')
export const COMMENT = dcm('121106', 'Comment')

// TID 1600, 1602, 1604
export const IMAGE_LIBRARY = dcm('111028', 'Image Library')
export const IMAGE_LIBRARY_GROUP = dcm('126200', 'Image Library Group')
export const MODALITY = dcm('121139', 'Modality')
export const MAGNETIC_RESONANCE = dcm('MR', 'Magnetic Resonance')
export const TARGET_REGION = dcm('123014', 'Target Region')
export const HEAD_REGION = sct('69536005', 'Head')
export const STUDY_DATE = dcm('111060', 'Study Date')
export const STUDY_TIME = dcm('111061', 'Study Time')
export const FRAME_OF_REFERENCE = dcm('112227', 'Frame of Reference UID')
export const PIXEL_ROWS = dcm('110910', 'Pixel Data Rows')
export const PIXEL_COLUMNS = dcm('110911', 'Pixel Data Columns')
export const PIXELS = ucum('{pixels}', 'pixels')
export const PIXEL_SPACING = {
  horizontal: dcm('111026', 'Horizontal Pixel Spacing'),
  vertical: dcm('111066', 'Vertical Pixel Spacing'),
}
export const SLICE_THICKNESS = dcm('112225', 'Slice Thickness')
export const ORIENTATION = [
  dcm('110904', 'Image Orientation (Patient) Row X'),
  dcm('110905', 'Image Orientation (Patient) Row Y'),
  dcm('110906', 'Image Orientation (Patient) Row Z'),
  dcm('110907', 'Image Orientation (Patient) Column X'),
  dcm('110908', 'Image Orientation (Patient) Column Y'),
  dcm('110909', 'Image Orientation (Patient) Column Z'),
]
export const ORIENTATION_UNIT = ucum('{-1:1}', '{-1:1}')

/** Our own, for a group: no descriptor of TID 1602 says as which sequence a series was analysed. */
export const ANALYSED_AS = own('analysed-as', 'Sequence as which the series was analysed')
export const MEASUREMENT_GRID = own('measurement-grid', 'All measurements are made on the grid of the series')
/** CID 230. */
export const YES = sct('373066001', 'Yes')

/** "sequence-T1c". */
export function sequenceCode(sequence: Sequence): DicomJson {
  return own(`sequence-${sequence}`, SEQUENCE_NAMES[sequence])
}

// TID 1410, 1411, 1419, 1501
export const MEASUREMENT_GROUP = dcm('125007', 'Measurement Group')
export const TRACKING_IDENTIFIER = dcm('112039', 'Tracking Identifier')
export const TRACKING_UID = dcm('112040', 'Tracking Unique Identifier')
export const FINDING = dcm('121071', 'Finding')
export const FINDING_SITE = sct('363698007', 'Finding Site')
export const REFERENCED_SEGMENT = dcm('121191', 'Referenced Segment')
export const REFERENCED_SEGMENTATION_FRAME = dcm('121214', 'Referenced Segmentation Frame')
export const SOURCE_SERIES = dcm('121232', 'Source series for segmentation')
export const SOURCE_IMAGE_FOR_SEGMENTATION = dcm('121233', 'Source image for segmentation')
export const SOURCE_OF_MEASUREMENT = dcm('121112', 'Source of Measurement')
export const MEASUREMENT_METHOD = sct('370129005', 'Measurement Method')
export const DERIVATION = dcm('121401', 'Derivation')

// TID 4019
export const ALGORITHM_NAME = dcm('111001', 'Algorithm Name')
export const ALGORITHM_VERSION = dcm('111003', 'Algorithm Version')
export const ALGORITHM_PARAMETERS = dcm('111002', 'Algorithm Parameters')

/** CID 7472, CID 7474. */
export const VOLUME = sct('118565006', 'Volume')
export const VOXEL_SUM = dcm('126030', 'Sum of segmented voxel volumes')
/** CID 7470. */
export const LONG_AXIS = sct('103339001', 'Long Axis')
export const PERPENDICULAR_AXIS = sct('131189007', 'Perpendicular Axis')
/** CID 6147. */
export const RANO = code('C114879', 'NCIt', 'RANO')
/** CID 225. */
export const UNCERTAINTY = sct('371884006', '+/-, range of measurement uncertainty')
export const UPPER_UNCERTAINTY = sct('371886008', '+, range of upper measurement uncertainty')
export const LOWER_UNCERTAINTY = sct('371885007', '-, range of lower measurement uncertainty')
export const MILLILITRE = ucum('mL', 'mL')
export const MILLIMETRE = ucum('mm', 'mm')
export const NO_UNITS = ucum('1', 'no units')

/** CID 240. */
export const PRESENCE = dcm('121052', 'Presence of property')
export const ABSENT = sct('272519000', 'Absent')
export const NEOPLASM = sct('108369006', 'Neoplasm')
export const PROBABILITY = dcm('122157', 'Probability')
export const NOT_EVALUATED = sct('373121007', 'Not Evaluated')
export const INDETERMINATE = sct('82334004', 'Indeterminate')

/** No standard code says "predicted from images". The same codes as in FHIR, never those of tissue results, so that no prediction can be read as one. */
export function predictionCode(head: Head): DicomJson {
  return own(`predicted-${head}`, `Predicted ${HEAD_NAMES[head]} (from MR images)`)
}

/** A class that a head knows, for example "IDH-mutant"; for survival a horizon in months. */
export function classCode(head: Head, key: string): DicomJson {
  if (head === 'survival') return own(`survival-${key}-months`, `Alive after ${key} months`)
  return own(key.replace(/\s+/g, '-'), key)
}

// Change since an earlier study; never RANO's own codes, which stand for a clinician's assessment.
export const PERCENT = ucum('%', '%')
export const VOLUME_CHANGE = own('volume-change', 'Change of volume since the earlier study')
export const PERCENT_VOLUME_CHANGE = own('volume-change-pc', 'Change of volume since the earlier study in %')
export const PERCENT_PRODUCT_CHANGE = own(
  'product-change',
  'Change of sum of products of diameters since earlier study in %',
)
export const CHANGE_CATEGORY = own('change-category', 'Imaging change category from measurements only')

export function changeCategoryCode(category: ChangeCategory): DicomJson {
  return own(`change-${category}`, `${category} by size`)
}

/** Coding Scheme Identification (PS3.3 C.12.1.1.2). */
export const OWN_SCHEME_IDENTIFICATION = dataset({
  CodingSchemeDesignator: OWN_SCHEME,
  CodingSchemeName: 'Gliabridge: predictions from images, and their values',
  CodingSchemeResponsibleOrganization: 'Gliabridge contributors',
})

// Parametric maps (PS3.3 C.7.6.16.2.11): what a stored value is.
export const QUANTITY = sct('246205007', 'Quantity')
export const TUMOUR_PROBABILITY_DEVIATION = own('deviation', "Standard deviation of the tumour's probability")
export const SALIENCY = own('saliency', 'Change of a predicted score when a block of the image is hidden')
/** CID 7464. */
export const STANDARD_DEVIATION = sct('386136009', 'Standard Deviation')
