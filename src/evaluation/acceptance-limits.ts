// The limits of an acceptance, which a site states beforehand: a JSON file, checked as a whole.
import { z } from 'zod'
import type { AcceptanceLimit } from '../domain/acceptance.ts'
import { AppError } from '../domain/errors.ts'
import { HEADS } from '../domain/finding.ts'
import type { BundleManifest } from '../inference/bundle/manifest.ts'
import { runnableHeads } from '../inference/bundle/manifest.ts'

const share = z.number().min(0).max(1)
/** The number of studies (calls) on which the limit must at least have been measured. */
const cases = z.int().min(1).default(1)
const limit = z.discriminatedUnion('measure', [
  z.strictObject({ measure: z.literal('studies'), atLeast: z.int().min(1), cases }),
  z.strictObject({ measure: z.literal('failures'), atMost: share, cases }),
  z.strictObject({ measure: z.literal('dice'), region: z.string().min(1), atLeast: share, cases }),
  z.strictObject({ measure: z.literal('volume-error'), region: z.string().min(1), atMost: z.number().min(0), cases }),
  z.strictObject({
    measure: z.literal('wrong-calls'),
    head: z.enum(HEADS as [string, ...string[]]),
    atMost: share,
    cases,
  }),
  z.strictObject({ measure: z.literal('seconds'), atMost: z.number().positive(), cases }),
])
const file = z.strictObject({ limits: z.array(limit).min(1, 'must state at least one limit') })

/** Throws SETTINGS_INVALID with every problem, including a region or head that the bundle does not have: such a limit could never be met. */
export function readLimits(text: string, bundle: Pick<BundleManifest, 'regions' | 'heads'>): AcceptanceLimit[] {
  const invalid = (problems: string[]) =>
    new AppError('SETTINGS_INVALID', `the file of limits has ${problems.length} problem(s): ${problems.join('; ')}`)
  const parsed = file.safeParse(jsonOf(text))
  if (!parsed.success)
    throw invalid(parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`))
  const limits = parsed.data.limits as AcceptanceLimit[]
  const heads = runnableHeads(bundle).map(({ name }) => name)
  const problems = limits.flatMap((one, n) => {
    if ('region' in one && !bundle.regions[one.region]) return [`limits.${n}: the bundle has no region ${one.region}`]
    if ('head' in one && !heads.includes(one.head)) return [`limits.${n}: the bundle makes no call of ${one.head}`]
    return []
  })
  if (problems.length > 0) throw invalid(problems)
  return limits
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AppError('SETTINGS_INVALID', 'the file of limits is not valid JSON', { cause })
  }
}
