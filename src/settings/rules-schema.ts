// Settings of the routing rules: which brain MR studies are analysed.
import { z } from 'zod'
import { EXCLUDABLE } from '../domain/routing-rules.ts'
import { SEQUENCES } from '../domain/study.ts'
import { filled, pattern, whole } from './schema-parts.ts'

export function rulesSchema() {
  const exclusion = z.strictObject({
    attribute: z
      .enum(EXCLUDABLE, { error: `must be one of ${EXCLUDABLE.join(', ')}` })
      .describe('DICOM keyword; any image of the study may have the value.'),
    matches: pattern('Regular expression, case-insensitive.'),
    reason: filled('Shown to people and kept.'),
  })
  return z
    .strictObject({
      requiredSeries: z
        .array(z.enum(SEQUENCES, { error: `must be one of ${SEQUENCES.join(', ')}` }))
        .default([])
        .describe('Sequences without which a study is not analysed.'),
      waitSeconds: whole(0, 7 * 86_400)
        .default(3600)
        .describe('How long to wait for an unchanged study that lacks one of them before it is declined.'),
      minimumAgeYears: z.exactOptional(whole(0, 120).describe('Studies of younger patients are declined.')),
      maximumAgeYears: z.exactOptional(whole(0, 120).describe('Studies of older patients are declined.')),
      exclude: z
        .array(exclusion)
        .default([])
        .describe(
          'Studies to decline, each as {"attribute": "StudyDescription", "matches": "phantom", "reason": "a phantom"}.',
        ),
    })
    .refine(({ minimumAgeYears: least = 0, maximumAgeYears: most = 120 }) => least <= most, {
      path: ['maximumAgeYears'],
      message: 'must not be less than minimumAgeYears',
    })
    .prefault({})
    .describe('Which of the brain MR studies are analysed; gliabridge rules tells how they apply to one.')
}
