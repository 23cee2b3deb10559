// The settings of how a site accepts a bundle and watches its own predictions.
import { z } from 'zod'
import { HEADS } from '../domain/finding.ts'
import { STOP_MEASURES } from '../domain/stop-rules.ts'
import { type Secret, whole } from './schema-parts.ts'

const stopRule = z.strictObject({
  head: z.enum(HEADS, { error: `must be one of ${HEADS.join(', ')}` }),
  measure: z.enum(STOP_MEASURES, { error: `must be one of ${STOP_MEASURES.join(', ')}` }),
  above: z.number({ error: 'must be a share from 0 to 1' }).min(0, 'must be at least 0').max(1, 'must be at most 1'),
  cases: whole(5, 10_000).default(20),
})

export function monitoringSchema() {
  return z
    .strictObject({
      days: whole(30, 3650)
        .default(365)
        .describe(
          "How many days back this site's own figures reach, and for how many days after an analysis the EHR is asked for tissue results.",
        ),
      askHours: whole(1, 720)
        .default(24)
        .describe(
          'Hours between two questions to the EHR about the tissue of one patient; see ehr.reads.tissueValues.',
        ),
      stopRules: z
        .array(stopRule)
        .default([])
        .describe(
          `Bounds beyond which a head is turned off until a person turns it on, each {"head", "measure": one of ${STOP_MEASURES.join(', ')}, "above": a share, "cases": of fewer nothing is concluded (20)}.`,
        ),
    })
    .prefault({})
    .describe("This site's own figures beside the card's (/concordance).")
}

export type MonitoringSettings = z.output<ReturnType<typeof monitoringSchema>>

export function acceptanceSchema(secret: Secret) {
  return z
    .strictObject({
      signingKey: z.exactOptional(
        secret(
          'Ed25519 private key, PEM (PKCS#8), that signs what gliabridge accept writes, by reference: {"file": "/run/secrets/acceptance.pem"}.',
        ),
      ),
    })
    .prefault({})
    .describe("The site's acceptance of a bundle (gliabridge accept).")
}
