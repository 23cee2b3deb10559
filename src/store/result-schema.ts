// The clinical record as stored: one versioned schema, read here and nowhere else. Records of earlier versions are brought up to date.
import { z } from 'zod'
import type { AnalysisSummary } from '../domain/analysis.ts'
import { AppError } from '../domain/errors.ts'
import { HEADS, RESULT_VERSION, type ReportableResult } from '../domain/finding.ts'
import { SEQUENCES } from '../domain/study.ts'
import { boardRecord, treatment } from './record-schema.ts'

const text = z.string()
const number = z.number()
const count = z.int().nonnegative()
const flag = z.boolean()
const texts = z.array(text)
const numbers = z.array(number)
const maybe = z.exactOptional
const byKey = <T extends z.ZodType>(value: T) => z.record(text, value)
const interval = z.tuple([number, number])
const vector = z.tuple([number, number, number])
const line = z.tuple([vector, vector])
const head = z.enum(HEADS)
const sequence = z.enum(SEQUENCES)
/** Fields added by a later version are kept. */
const object = z.looseObject
const said = maybe(object({ sentence: text, values: byKey(z.union([text, number, flag, texts, numbers])) }))

const patient = object({
  patientId: text,
  issuerOfPatientId: text,
  patientName: text,
  patientBirthDate: text,
  patientSex: text,
})

const study = object({
  studyInstanceUid: text,
  studyId: text,
  accessionNumber: text,
  issuerOfAccessionNumber: text,
  studyDate: text,
  studyTime: text,
  studyDescription: text,
  referringPhysicianName: text,
})

const bundle = object({
  id: text,
  version: text,
  name: text,
  digest: text,
  modelDigest: text,
  weightsDigest: text,
  license: text,
  intendedUse: text,
  cardDigest: maybe(text),
  udi: maybe(object({ deviceIdentifier: text, issuer: text, carrierHRF: maybe(text) })),
})

const decision = object({
  seriesInstanceUid: text,
  seriesNumber: text,
  seriesDescription: text,
  modality: text,
  selected: flag,
  sequence: maybe(sequence),
  reasons: texts,
})

const input = object({
  sequence,
  seriesInstanceUid: text,
  sopInstanceUids: texts,
  sliceThicknessMm: number,
  registration: object({ translationMm: number, rotationDegrees: number, reference: flag }),
})

const measurement = object({
  region: text,
  name: text,
  quantity: z.literal('volume'),
  value: number,
  unit: z.literal('mL'),
  labels: maybe(numbers),
  standardDeviation: maybe(number),
})

const lesionDiameters = object({
  longestMm: number,
  perpendicularMm: number,
  longest: line,
  perpendicular: line,
  axis: z.literal([0, 1, 2]),
  slice: count,
  measurable: flag,
  number: maybe(count),
  isCorrected: maybe(z.literal(true)),
})

const segment = object({
  label: count,
  key: text,
  name: text,
  voxelCount: count,
  drawnBy: maybe(z.enum(['person', 'both'])),
})
const lesion = object({ millilitres: number, centre: vector })
const grid = object({ size: vector, spacing: vector, origin: vector, direction: z.array(number).length(9) })

const tracking = object({ identifier: text, uid: text })
const category = z.enum(['CR', 'PR', 'SD', 'PD'])

const pastVolume = object({ region: text, value: number, standardDeviation: maybe(number) })
const coursePoint = object({ studyInstanceUid: text, studyDate: text, volumes: z.array(pastVolume) })

const comparison = object({
  prior: object({
    analysisId: text,
    studyInstanceUid: text,
    studyDate: text,
    studyTime: text,
    objects: z.array(
      object({
        role: z.enum(['report', 'segmentation']),
        sopClassUid: text,
        seriesInstanceUid: text,
        sopInstanceUid: text,
      }),
    ),
  }),
  days: count,
  registration: object({
    translationMm: number,
    rotationDegrees: number,
    mutualInformation: number,
    residualMm: number,
  }),
  volumes: z.array(
    object({
      region: text,
      name: text,
      earlier: number,
      now: number,
      change: number,
      standardDeviation: maybe(number),
      percent: maybe(number),
      percentDeviation: maybe(number),
    }),
  ),
  course: maybe(z.array(coursePoint)),
  lesions: z.array(
    object({
      tracking,
      fate: z.enum(['continued', 'new', 'gone', 'merged', 'split']),
      earlier: maybe(number),
      now: maybe(number),
      from: texts,
    }),
  ),
  response: object({
    category: maybe(category),
    productThen: number,
    productNow: number,
    percent: maybe(number),
    percentDeviation: maybe(number),
    possible: maybe(z.array(category)),
    reasons: texts,
  }),
  tracking: byKey(tracking),
})

const evaluated = object({
  head,
  status: z.enum(['evaluable', 'indeterminate']),
  probabilities: byKey(number),
  intervals: byKey(interval),
  call: maybe(text),
  remaining: maybe(texts),
  reason: maybe(text),
  said,
  bounds: maybe(object({ patients: byKey(number), most: byKey(number) })),
  errorBudget: maybe(object({ n: count, wrong: count })),
  leastCall: maybe(number),
  errorRate: maybe(number),
  explanation: z.array(object({ feature: text, value: maybe(number), contribution: number })),
  explained: maybe(object({ of: text, scale: z.enum(['log-odds', 'log-risk']), reference: number, value: number })),
  similar: maybe(object({ cosines: numbers, of: count })),
  saliency: maybe(object({ blockMm: vector, centre: vector, insideTumour: number, segments: byKey(number) })),
  scores: maybe(byKey(number)),
  survival: maybe(
    object({
      logRisk: number,
      logRiskInterval: interval,
      group: object({
        name: text,
        n: count,
        events: count,
        kaplanMeier: object({ months: numbers, survival: numbers, lower: numbers, upper: numbers }),
      }),
    }),
  ),
})

const result = object({
  analysisId: text,
  patient,
  study,
  bundle,
  software: object({ name: text, version: text, manufacturer: text }),
  decisions: z.array(decision),
  inputs: z.array(input),
  referenceSeriesUid: text,
  segments: z.array(segment),
  noFinding: flag,
  measurements: z.array(measurement),
  position: maybe(
    object({
      side: z.enum(['left', 'right']),
      crossesMidline: flag,
      part: z.enum(['anterior', 'middle', 'posterior']),
    }),
  ),
  diameters: maybe(z.array(lesionDiameters)),
  lesions: maybe(z.array(lesion)),
  grid: maybe(grid),
  comparison: maybe(comparison),
  predictions: z.array(z.union([object({ head, status: z.literal('not-evaluable'), reason: text, said }), evaluated])),
  treatment: maybe(treatment),
  boardRecord: maybe(boardRecord),
  tissueResults: maybe(z.array(object({ head, test: text, value: text, date: maybe(text), reference: text }))),
  quality: z.array(object({ code: text, severity: z.enum(['info', 'warning']), text, said })),
  execution: object({
    provider: text,
    requested: texts,
    declined: z.array(object({ provider: text, reason: text })),
    runtime: text,
    seconds: number,
    peakRssMb: number,
    stages: maybe(z.array(object({ stage: text, seconds: number, size: maybe(numbers), skipped: maybe(text) }))),
  }),
  analysedAt: text,
  clock: maybe(object({ timeZone: maybe(text), imagesUntil: maybe(text) })),
}) satisfies z.ZodType<ReportableResult>

const picture = object({ seriesNumber: text, seriesInstanceUid: text, sequence: maybe(sequence), png: text })

const summaryParts = { ...result.shape, times: byKey(number), pictures: z.array(picture) }

/** Throws INTERNAL naming the parts that do not fit, never their content. */
export function parseResult(analysisId: string, bytes: Uint8Array): ReportableResult {
  const parsed = result.safeParse(upToDate(JSON.parse(new TextDecoder().decode(bytes))))
  if (parsed.success) return parsed.data
  const where = parsed.error.issues.map(({ path }) => path.join('.')).slice(0, 5)
  throw new AppError('INTERNAL', `the stored result of analysis ${analysisId} does not fit at ${where.join(', ')}`)
}

/** What is known of an analysis, part by part: a damaged part neither hides the others nor stops the list. */
export function parseSummary(stored: unknown): AnalysisSummary {
  const raw = upToDate(stored)
  const readable: Record<string, unknown> = {}
  const unreadable: string[] = []
  for (const [name, schema] of Object.entries(summaryParts)) {
    if (raw[name] === undefined) continue
    const parsed = schema.safeParse(raw[name])
    if (parsed.success) readable[name] = parsed.data
    else unreadable.push(name)
  }
  return { ...(readable as AnalysisSummary), ...(unreadable.length > 0 && { unreadable }) }
}

/** Includes the version, which later readers need. */
export function versioned<T extends object>(part: T): T & { schemaVersion: number } {
  return { schemaVersion: RESULT_VERSION, ...part }
}

type Raw = Record<string, unknown>
const isObject = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Version 1, which named none: a decision was "taken", a registration had an "agreement", a bundle no digest of what computes. */
function upToDate(stored: unknown): Raw {
  const { schemaVersion = 1, ...raw } = isObject(stored) ? stored : {}
  if (schemaVersion !== 1) return raw
  const { decisions, bundle: by, comparison: against } = raw
  return {
    ...raw,
    ...(Array.isArray(decisions) && { decisions: decisions.map((one) => renamed(one, 'taken', 'selected')) }),
    ...(isObject(by) && { bundle: { modelDigest: by.digest, ...by } }),
    ...(isObject(against) && {
      comparison: { ...against, registration: renamed(against.registration, 'agreement', 'mutualInformation') },
    }),
  }
}

function renamed(value: unknown, from: string, to: string): unknown {
  if (!isObject(value) || !(from in value)) return value
  const { [from]: held, ...rest } = value
  return { ...rest, [to]: held }
}
