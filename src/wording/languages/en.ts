// Every sentence of the PDF report in English. The other languages have the same keys: what one lacks is a type error. Numbers and dates come
// already written.
import type { ChangeCategory } from '../../domain/comparison.ts'
import type { Head, TumourPosition } from '../../domain/finding.ts'
import type { Language } from '../../domain/languages.ts'
import { table } from '../../domain/table.ts'
import { SEX_NAMES, SHORT_HEAD_NAMES, SHORT_SEQUENCE_NAMES } from '../names.ts'
import { ENGLISH_LOCALE } from '../quantities.ts'
import { NO_FINDING, NOT_A_TISSUE_TEST_NOTICE, NOT_REVIEWED_NOTICE } from '../standing.ts'
import { FEATURES } from './en-features.ts'
import { REMARKS } from './en-remarks.ts'
import { WORKSHEET } from './en-worksheet.ts'

export const ENGLISH = {
  language: 'en' as Language,
  locale: ENGLISH_LOCALE,

  title: 'Glioma MRI analysis',
  status: 'PRELIMINARY – not reviewed',
  reviewedStatus: {
    final: 'FINAL – reviewed and accepted',
    amended: 'AMENDED – reviewed and accepted',
    'entered-in-error': 'REJECTED – do not use',
  },
  pageOf: (page: number, count: number) => `Page ${page} of ${count}`,
  notStated: 'not stated',
  sections: {
    patient: 'Patient',
    study: 'Study',
    images: 'Key images',
    volumes: 'Volumes',
    predictions: 'Predictions from the images',
    explanation: 'What moved the predictions most (one scale; right of the line: more likely)',
    survival: 'Survival of the risk group in the training data',
    quality: 'Quality notes',
    series: 'Series used',
  },
  labels: {
    patientId: 'Patient ID',
    birthDate: 'Born',
    sex: 'Sex',
    studyDate: 'Date',
    accession: 'Accession',
    description: 'Description',
    referrer: 'Referred by',
    studyUid: 'Study UID',
    region: 'Region',
    volume: 'mL',
    deviation: '± SD',
    regionInMl: 'Region, mL',
    earlier: 'then',
    now: 'now',
    change: 'change ± SD',
    predicted: 'Predicted',
    result: 'Result',
    probability: 'Probability (95 % interval)',
    bundle: 'Bundle',
    digest: 'Bundle sha256',
    weights: 'Weights sha256',
    license: 'Licence',
    software: 'Software',
    execution: 'Run on',
    analysis: 'Analysis',
    reference: 'Reference series',
    analysedAt: 'Registered',
    declined: 'Declined',
    reviewedAt: 'Reviewed',
  },

  sexes: SEX_NAMES,
  heads: SHORT_HEAD_NAMES,
  sequences: SHORT_SEQUENCE_NAMES,
  /** Regions and labels by their keys, as within a sentence. English has the bundle's own names; other languages those of others. */
  regions: table<string>({}),
  /** The same where a table is narrow. */
  shortRegions: table<string>({}),
  /** Classes by the bundle's own word. */
  classes: table<string>({}),
  riskGroups: table<string>({}),
  grade: (digit: string) => `grade ${digit}`,
  months: (count: string) => `${count} months`,

  named: (name: string, value: string) => `${name}: ${value}`,
  notEvaluable: 'not evaluable',
  indeterminate: 'indeterminate',
  survivalResult: 'alive after',
  undecided: (classes: readonly string[]) => (classes.length === 0 ? 'no class likely enough' : classes.join(' or ')),
  tissueCall: (value: string) => `tissue: ${value}`,
  fromImages: (result: string) => `images: ${result}`,
  riskGroupOf: (name: string) => `risk group: ${name}`,
  noPrediction: 'the bundle gives no result for this head',
  likelihood: { 'very likely': 'very likely', likely: 'likely' },
  uncertain: 'uncertain',
  cannotTell: (classes: readonly string[]) =>
    classes.length === 0 ? 'No class is likely enough.' : `Cannot be told apart: ${classes.join(', ')}.`,
  bound: (patients: number, name: string, most: string) =>
    `Data from ${patients} patients (${name}) can show no more than ${most}.`,
  budget: (ofHundred: number, wrong: number, n: number) =>
    `Of 100 patients like this one in the measured data, ${ofHundred} were called wrongly (${wrong} of ${n}).`,
  briefBudget: (wrong: number, n: number) => `${wrong} of ${n} such calls were wrong`,

  noQualityNotes: 'None.',
  warning: 'Warning',
  note: 'Note',
  /** What exists in English alone. */
  quoted: (text: string) => text,
  /** Finds the English text in what `quoted` and `intendedUse` say, for the language of that part; undefined where all is English. */
  englishIn: undefined as RegExp | undefined,
  noExplanation: 'No explanation: nothing was evaluable.',
  riskOfDeath: 'Risk of death',
  others: (count: number) => `${count} more together`,
  groupLegend: (name: string, n: number, events: number) => `${name}: ${n} patients, ${events} deaths`,
  bandLegend: '95 % band of the group',
  patientLegend: 'this patient, 95 % interval',
  monthsAxis: 'months after imaging',
  curveAlternative: (name: string, n: number, shares: readonly string[], patient: readonly string[]) =>
    `Kaplan-Meier curve of the ${n} patients of the ${name}-risk group in the training data: alive ${shares.join(', ')}. Predicted for this patient: alive ${patient.join(', ')}.`,
  aliveAfter: (share: string, months: string) => `${share} after ${months} months`,
  noSequence: 'not available',
  noVolumes: 'The bundle measures no volumes.',
  referenceSeries: 'reference',
  noOutlines: 'No outlines are drawn: no tumour was segmented.',
  diameters: (sizes: readonly string[]) => `Enhancing, axial diameters (RANO): ${sizes.join('; ')}.`,
  tooSmall: (size: string) => `${size} (too small to follow)`,
  noFinding: NO_FINDING,
  segmented: (volumes: readonly string[]) =>
    volumes.length === 0
      ? 'A lesion was segmented; see the volumes.'
      : `A lesion was segmented: ${volumes.join(', ')}.`,
  since: (date: string, days: number, category: string) => `Since ${date} (${days} d): ${category}.`,
  noCategory: 'no category by size, see notes',
  more: (count: number) => `… (${count} more at the end)`,
  inFull: 'In full: what did not fit on the pages before',
  /** `side`: a letter for the direction from the origin of the coordinates. */
  position: (plane: 'axial' | 'coronal' | 'sagittal', side: string, mm: string) => `${plane} ${side} ${mm} mm`,
  rightOnLeft: 'Patient’s right is on the left.',
  throughTumour: 'Through the bulk of the tumour.',
  throughBrain: 'Through the middle of the brain.',
  figure: (sequence: string, position: string, outlines: readonly string[]) =>
    `${sequence}, ${position}, ${outlines.length === 0 ? 'no outlines' : `with the outline of ${outlines.join(', ')}`}.`,
  directions: {
    axial: "The patient's right is on the left of the picture, anterior is up.",
    coronal: "The patient's right is on the left of the picture, superior is up.",
    sagittal: 'Anterior is on the left of the picture, superior is up.',
  },
  movedBy: (movement: string) => `moved ${movement}`,
  slices: (mm: string) => `${mm} mm slices`,
  none: 'none',
  unreadable: (count: number) =>
    `This page has no letter shape for ${count === 1 ? 'one character' : `${count} characters`}, printed as [U+…] code points; read the text in the EHR or PACS.`,
  noFigures: 'The key images are in the preliminary report of this analysis; they were not kept for this one.',
  corrected: 'corrected',
  outlines: 'Volumes are those of the outlines shown; check the outlines on the images before you use a volume.',
  correctedOutlines:
    "Corrected volumes are the reviewer's; the outlines shown are the software's and were not redrawn.",
  redrawnOutlines: 'Volumes were measured again on the outlines as the reviewer corrected them.',
  notReviewed: NOT_REVIEWED_NOTICE,
  notTissue: NOT_A_TISSUE_TEST_NOTICE,
  withdrawn:
    'This page replaces the report that was rejected. What the software found is not shown and must not be used.',
  intendedUse: (text: string) => `Intended use stated by the bundle: ${text}`,

  board: {
    enhancing: 'Largest enhancement',
    oedema: 'Largest oedema',
    middle: 'Middle of the brain',
    plain: 'image alone',
    outlined: 'with outlines',
    planes: 'Key slices in three planes',
    predicted: 'From the images',
    more: 'Details, limits and provenance: next page.',
    question: 'Question',
    decided: (date: string) => `Board of ${date}`,
    since: (date: string) => `Since then (study of ${date})`,
    scan: 'All images and the decision',
    qrAlternative: 'QR code of the address of the study page',
  },
  bornOn: (date: string) => `born ${date}`,
  imagingOf: (date: string) => `imaging of ${date}`,
  changeSince: (change: string, date: string) => `${change} mL since ${date}`,

  impression: {
    noTumour: 'No tumour segmented above the limit of this model; this does not exclude one.',
    where: ({ side, part, crossesMidline }: TumourPosition) =>
      ` in the ${side} half of the brain, ${part} third${crossesMidline ? ', over the midline' : ''}`,
    tumour: (where: string, volumes: readonly string[], size: string) =>
      `Tumour${where}: ${volumes.join(', ')}${size}.`,
    regions: { WT: 'whole tumour', TC: 'core', ET: 'enhancing' },
    largest: (pair: string) => `; largest enhancing lesion ${pair}`,
    since: (date: string, change: string) => `Since ${date}: ${change}.`,
    changeNotEvaluable: 'change by size not evaluable',
    tissue: (results: readonly string[]) => `Tissue on record: ${results.join('; ')}.`,
    likely: (calls: readonly string[]) => `Likely from the images: ${calls.join(', ')}.`,
    nothing: 'No marker, grade or survival could be predicted from the images.',
    /** A call without its heading. */
    call: (_head: Head, name: string) => name,
    riskOfDeath: (group: string) => `${group} risk of death`,
    grade: (digit: string) => `WHO grade ${digit}`,
    notMeasured: 'not measured: enhancing tumour',
    undecided: (heads: readonly string[]) => `undecided: ${heads.join(', ')}`,
    notEvaluable: (heads: readonly string[]) => `not evaluable: ${heads.join(', ')}`,
    open: (parts: readonly string[]) => `Left open – ${parts.join('; ')}; the report gives the reasons.`,
    nothingOpen: 'No question put to the images was left open.',
  },

  categories: {
    CR: 'enhancing tumour disappeared (complete response by size)',
    PR: 'enhancing tumour decreased (partial response by size)',
    SD: 'enhancing tumour stable by size',
    PD: 'enhancing tumour progressed by size',
  } satisfies Record<ChangeCategory, string>,

  comparison: {
    study: (date: string, days: number) => `study of ${date}, ${days === 1 ? '1 day' : `${days} days`} earlier`,
    aligned: (movement: string, residualMm: string) => `aligned by ${movement}; residual ${residualMm} mm`,
    notEvaluable: (reasons: readonly string[]) => `not evaluable: ${reasons.join(' ')}`,
    /** Without `deviation` its uncertainty is not known. */
    products: (change: string, deviation: string | undefined) =>
      `sum of products of diameters ${change} % (${deviation === undefined ? 'uncertainty unknown' : `standard deviation ${deviation} %`})`,
    withProducts: (title: string, change: string) => `${title}; ${change}`,
    alsoPossible: (categories: readonly string[]) => `also possible: ${categories.join(', ')}`,
    lesions: {
      new: (size: string) => `New lesion${size}.`,
      gone: (size: string) => `A lesion of the earlier study is no longer found${size}.`,
      merged: (size: string) => `Lesions grew together${size}.`,
      split: (size: string) => `A piece broke off a lesion${size}.`,
    },
    caveat:
      'Imaging change category against the earlier study only, from measurements; clinical state, steroids, treatment and nadir are not considered, and no clinician has confirmed it.',
    compared: (study: string, aligned: string, rest: readonly string[]) =>
      `Compared with the ${study} (${aligned}). ${rest.join(' ')}`,
  },

  review: {
    lesion: (number: number) => `Lesion ${number}`,
    diameters: (number: number) => `Diameters of enhancing lesion ${number}`,
    outlines: 'Outlines',
    segment: (name: string) => `Segment ${name}`,
    by: (name: string, identifier: string, at: string) => `${name} (${identifier}) on ${at}`,
    excluded: (volume: string, who: string, reason: string) => `Excluded${volume} by ${who}: ${reason}`,
    redrawn: (who: string, reason: string) => `Redrawn with the brush by ${who}: ${reason}`,
    changed: (who: string, from: string, to: string, reason: string) =>
      `Changed by ${who} from ${from} (the software's value) to ${to}: ${reason}`,
    /** `reason` is the software's. */
    derived: (who: string, from: string, to: string, reason: string) =>
      `Recomputed after the corrections of ${who} from ${from} (the software's value) to ${to}: ${reason}`,
    rejected: (who: string, remark: string) => `Rejected by ${who}${remark}. Do not use.`,
    accepted: (who: string, remark: string) =>
      `Written by software (artificial intelligence); reviewed and accepted by ${who}${remark}. Research use only.`,
    acceptedWithEdits: (who: string, remark: string) =>
      `Written by software (artificial intelligence); reviewed and accepted with edits by ${who}${remark}. Research use only.`,
  },

  course: {
    title: 'Volumes over time',
    unit: 'mL',
    intervals: 'Lines through the points: 95 % intervals, where the error is known. All measured by this software.',
    regions: { WT: 'whole', TC: 'core', ET: 'enhancing' },
    line: (name: string, points: readonly { volume: string; date: string }[]) =>
      `${name}: ${points.map(({ volume, date }) => `${volume} on ${date}`).join(', ')}.`,
  },

  meeting: {
    title: 'Tumour board',
    none: 'No patient was named.',
    details: 'Details, limits and provenance: the report of this patient.',
    notShown: {
      'no-result': 'no delivered analysis',
      'several-issuers': 'several patients have this identifier; name its issuer',
      'no-identifier': 'the EHR has no Patient ID for this patient',
    },
    count: (patients: number) => (patients === 1 ? '1 patient' : `${patients} patients`),
    onPage: (page: number) => `page ${page}`,
  },

  features: FEATURES,
  worksheet: WORKSHEET,
  remarks: REMARKS,
}

export type Wording = typeof ENGLISH
