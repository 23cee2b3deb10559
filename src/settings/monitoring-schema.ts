// The settings of how a site watches its own predictions.
import { z } from 'zod'
import { whole } from './schema-parts.ts'

export function monitoringSchema() {
  return z
    .strictObject({
      days: whole(30, 3650)
        .default(365)
        .describe(
          "How far back this site's own figures reach, and for how long after an analysis the EHR is asked for results of tissue, days.",
        ),
      askHours: whole(1, 720)
        .default(24)
        .describe(
          'Hours between two questions to the EHR about the tissue of one patient; see ehr.reads.tissueValues.',
        ),
    })
    .prefault({})
    .describe("This site's own figures beside the card's (/concordance).")
}

export type MonitoringSettings = z.output<ReturnType<typeof monitoringSchema>>
