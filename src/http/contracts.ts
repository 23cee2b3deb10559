// What requests may contain: parameters of paths and queries, checked before anything is done.
import { z } from 'zod'
import { type AnalysisState, TRANSITIONS } from '../domain/analysis.ts'
import { readPatientList } from '../domain/board.ts'
import { BUNDLE_ACTIONS } from '../domain/bundles.ts'
import { cleanJson } from '../domain/clean-text.ts'
import { HEADS } from '../domain/finding.ts'
import { jsonExcess } from '../domain/json-excess.ts'
import { PRIORITIES, type Priority } from '../domain/priority.ts'
import { type ImageName, PLANES } from '../domain/shown-images.ts'
import { SEQUENCES } from '../domain/study.ts'
import { RequestProblem } from './problems.ts'

const STATES = Object.keys(TRANSITIONS) as [AnalysisState, ...AnalysisState[]]
const analysisId = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'is not an analysis id')
const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(least).max(most))

export const analysisParams = z.object({ id: analysisId })
export const studyParams = z.object({ uid: z.string().regex(/^\d[\d.]{0,127}$/, 'is not a DICOM UID') })
export const pageQuery = z.strictObject({ limit: whole(1, 500).default(50), offset: whole(0, 999_999).default(0) })
/** For listing notices. */
export const noticesQuery = z.strictObject({
  limit: whole(1, 500).default(50),
  state: z.exactOptional(z.enum(['waiting', 'done', 'failed'], { error: 'must be waiting, done or failed' })),
})
/** For a declined study: who requests its analysis. */
export const request = z.strictObject({
  by: z.string({ error: 'must say who asks' }).trim().min(1, 'must say who asks').max(100, 'is too long'),
})
/** By a person: what to do earlier or later. */
export const priorityBody = request.extend({
  priority: z.enum(Object.keys(PRIORITIES) as [Priority, ...Priority[]], {
    error: `must be one of ${Object.keys(PRIORITIES).join(', ')}`,
  }),
})
/** By a person: which head is turned on, and why it may answer again. */
export const headParams = z.object({ head: z.enum(HEADS, { error: `must be one of ${HEADS.join(', ')}` }) })
export const switchBody = request.extend({
  reason: z.string({ error: 'must say why' }).trim().min(1, 'must say why').max(500, 'is too long'),
})
/** By a person: what is decided on which bundle, and why. */
export const bundleParams = z.object({
  action: z.enum(BUNDLE_ACTIONS, { error: `must be one of ${BUNDLE_ACTIONS.join(', ')}` }),
})
export const bundleBody = switchBody.extend({
  bundle: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,99}$/, 'must be the id or the digest of a bundle')
    .exactOptional(),
})
const uid = z.string().regex(/^\d[\d.]{0,127}$/, 'is not a DICOM UID')
/** Which series a person chooses for which sequence. */
export const choiceBody = request.extend({ series: z.partialRecord(z.enum(SEQUENCES), uid) })
export const seriesParams = z.object({ id: analysisId, series: uid })
const day = z.string({ error: 'must be a date' }).regex(/^(19|20)\d{6}$/, 'must be a date such as 20260131')
/** From which date older studies are listed or taken. */
export const backfillQuery = z.strictObject({ from: day })
export const backfillBody = request.extend({ from: day })
/** Of a site's own figures: up to the end of this month; up to now when left out. */
export const monthQuery = z.strictObject({
  month: z
    .string()
    .regex(/^20\d{2}-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-11')
    .exactOptional(),
})
export const listQuery = z.strictObject({
  state: z.enum(STATES, { error: `must be one of ${STATES.join(', ')}` }).optional(),
  show: z.literal('to-review', { error: 'must be to-review' }).optional(),
  order: z.enum(['newest', 'waiting'], { error: 'must be newest or waiting' }).default('newest'),
  limit: whole(1, 500).default(50),
  offset: whole(0, 999_999).default(0),
})
/** Sent in the body, not in the address, so that names appear in no history and no proxy log. */
export const searchBody = z.strictObject({
  words: z
    .string({ error: 'must be text' })
    .max(200, 'is too long')
    .transform((text) =>
      text
        .split(/\s+/)
        .filter((word) => word !== '')
        .slice(0, 10),
    ),
})
export const eventsQuery = z.strictObject({
  analysis: analysisId.optional(),
  since: z
    .string()
    .regex(/^\d{1,20}$/, 'must be a version')
    .optional(),
})

/** To release a hold: empty, or the patient that a person confirms. */
export const resolution = z
  .strictObject({
    patient: z
      .string()
      .regex(/^(Patient\/)?[A-Za-z0-9.-]{1,64}$/, 'is not the id of a patient in the EHR')
      .optional(),
    by: z.string().trim().min(1, 'must say who confirms').max(100, 'is too long').optional(),
  })
  .refine(({ patient, by }) => (patient === undefined) === (by === undefined), {
    path: ['by'],
    message: 'and patient belong together: who confirms whom',
  })

const text = (most: number) => z.string().trim().min(1, 'must not be empty').max(most, 'is too long')
const listId = z
  .string()
  .regex(/^(List\/)?[A-Za-z0-9.-]{1,64}$/, 'is not the id of a List')
  .transform((id) => id.replace('List/', ''))
const MAX_PATIENTS = 200
export const boardQuery = z.strictObject({ list: listId.optional() })
export const boardBody = z.union(
  [
    z.strictObject({ list: listId }),
    z.strictObject({
      patients: z
        .array(z.strictObject({ patientId: text(64), issuerOfPatientId: text(64).exactOptional() }))
        .min(1, 'must name at least one')
        .max(MAX_PATIENTS, 'has too many'),
    }),
  ],
  { error: 'must have either patients or list' },
)
/** The same from the form, in which one of the two fields stays empty. */
export const boardForm = z
  .strictObject({ patients: z.string().max(20_000, 'is too long').default(''), list: z.string().trim().default('') })
  .transform(({ patients, list }) => (list === '' ? { patients: readPatientList(patients) } : { list }))
  .pipe(boardBody)

export const sliceParams = z.object({
  plane: z.enum(PLANES, { error: `must be one of ${PLANES.join(', ')}` }),
  index: whole(0, 4095),
})
/** One volume for the 3D view. */
export const volumeParams = z.object({
  name: z.enum(['labels', 'prior-labels', ...SEQUENCES, ...SEQUENCES.map((one) => `prior-${one}` as const)], {
    error: 'must be labels or a sequence',
  }),
})
const IMAGE = new RegExp(`^((?:prior-)?(?:${SEQUENCES.join('|')})):(\\d{1,4})-(\\d{1,4})$`)
/** "T1c:120-2400,FLAIR:80-1900": images in order, each with the stored values shown as black and white. */
export const sliceQuery = z.strictObject({
  of: z
    .string({ error: 'must name images' })
    .max(400, 'is too long')
    .transform((text, context) => {
      const images = text.split(',').map((one) => IMAGE.exec(one))
      if (images.every((match) => match !== null))
        return images.map(([, name, low, high]) => ({
          name: name as ImageName,
          window: [Number(low), Number(high)] as const,
        }))
      context.addIssue({ code: 'custom', message: 'must be images with their windows, such as T1c:120-2400' })
      return z.NEVER
    }),
})

/** A path of this service: with any other address, the sign-in page could be used to redirect people elsewhere. */
const to = z
  .string()
  .max(500, 'is too long')
  .default('/')
  .transform((path) => (isOurs(path) ? path : '/'))
export const signInQuery = z.strictObject({ to, said: z.enum(['wrong', 'out', 'both', 'ended']).optional() })
export const passwordForm = z.strictObject({
  name: text(64),
  password: z.string().min(1, 'must not be empty').max(200, 'is too long'),
  to,
})
/** OpenID Connect Back-Channel Logout 1.0, 2.5; other parameters are allowed. */
export const logoutForm = z.object({
  logout_token: z.string({ error: 'must be a logout token' }).max(16_384, 'is too long'),
})
const issuer = z.string({ error: 'must name the EHR' }).max(500, 'is too long')
export const providerQuery = z.strictObject({ iss: issuer })
/** SMART App Launch 2, "Launch App: EHR Launch"; other parameters are allowed. */
export const launchQuery = z.object({
  iss: issuer,
  launch: z.string({ error: 'is missing' }).min(1).max(4000, 'is too long'),
})
export const landingQuery = z.object({ analysis: analysisId.optional() })

const fhirId = /^[A-Za-z0-9.-]{1,64}$/
export const cdsParams = z.object({ id: z.enum(['patient-view', 'order-select'], { error: 'is no service of ours' }) })
/** CDS Hooks 2.0, "HTTP Request"; anything else an EHR sends is ignored. */
export const cdsRequest = z.object({
  hook: z.enum(['patient-view', 'order-select'], { error: 'must be patient-view or order-select' }),
  fhirServer: z.string().max(500, 'is too long').optional(),
  context: z.object({
    userId: z
      .string({ error: 'must say who asks' })
      .regex(/^[A-Za-z]{1,40}\/[A-Za-z0-9.-]{1,64}$/, 'must be a reference such as Practitioner/12'),
    patientId: z.string({ error: 'must be the id of a patient' }).regex(fhirId, 'must be the id of a patient'),
    selections: z.array(z.string().max(200)).max(200, 'has too many').optional(),
  }),
})

function isOurs(path: string): boolean {
  const url = URL.parse(path, 'http://ours')
  return path.startsWith('/') && url?.host === 'ours' && url.protocol === 'http:'
}

/** A JSON body; otherwise throws a problem (400) that quotes nothing of it. */
export function readJson(text: string): unknown {
  const excess = jsonExcess(text)
  if (excess) throw new RequestProblem(400, 'REQUEST_INVALID', `the body ${excess}`, 'Correct the body.')
  try {
    return cleanJson(JSON.parse(text))
  } catch {
    throw new RequestProblem(400, 'REQUEST_INVALID', 'the body is not JSON', 'Correct the body.')
  }
}

/** Parses a part of a request, or throws a problem (400) that names each wrong value and the part to correct. */
export function parseRequest<T extends z.ZodType>(
  schema: T,
  raw: unknown,
  part: 'address' | 'headers' | 'body' = 'address',
): z.output<T> {
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  const details = parsed.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `${issue.keys.join(', ')} is not a parameter`
      : `${issue.path.join('.')} ${issue.message}`,
  )
  throw new RequestProblem(400, 'REQUEST_INVALID', details.join('; '), `Correct the ${part}.`)
}
