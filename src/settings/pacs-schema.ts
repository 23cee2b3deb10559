// Settings of the archive: address and credentials, and how it is watched.
import { z } from 'zod'
import { BY_TYPE, credentials, MINUTE, type Secret, url, whole } from './schema-parts.ts'
import { upsSchema } from './ups-schema.ts'

const feedInterval = () => whole(1, 3600).default(5).describe('Time between two readings, seconds.')

/** The archive's own list of changes, specific to its vendor. */
function changeFeed() {
  const none = z.strictObject({ type: z.literal('none') })
  const orthanc = z.strictObject({
    type: z.literal('orthanc'),
    url: url('Orthanc\'s own REST root, with the credentials of pacs.auth: "https://orthanc.example".'),
    intervalSeconds: feedInterval(),
  })
  const azure = z.strictObject({ type: z.literal('azure'), intervalSeconds: feedInterval() })
  return z
    .discriminatedUnion('type', [none, orthanc, azure], BY_TYPE)
    .default({ type: 'none' })
    .describe(
      'A list of changes kept by the archive, so that a study is noticed before the next search: type none, orthanc (/changes) or azure (change feed at pacs.url).',
    )
}

export function pacsSchema(secret: Secret) {
  const { none, basic, bearer } = credentials(secret)
  return z.strictObject({
    url: url('DICOMweb service root, for example "https://pacs.example/dicom-web".'),
    auth: z
      .discriminatedUnion('type', [none, basic, bearer], BY_TYPE)
      .default({ type: 'none' })
      .describe('Credentials: type none, basic or bearer.'),
    timeoutMs: whole(100, 60 * MINUTE)
      .default(60_000)
      .describe('How long the archive may be silent, milliseconds.'),
    maxAttempts: whole(1, 100).default(12).describe('Attempts to store the results before a person is asked.'),
    poll: z
      .strictObject({
        intervalSeconds: whole(1, 86_400).default(30).describe('Time between two searches for new studies.'),
        lookBackDays: whole(0, 36_500)
          .default(1)
          .describe(
            'How many days back studies are taken at the very first start. Raising it later has no effect: use gliabridge backfill for older studies.',
          ),
      })
      .prefault({})
      .describe('QIDO-RS polling.'),
    changeFeed: changeFeed(),
    ups: z.exactOptional(upsSchema()),
    settleSeconds: whole(0, 86_400)
      .default(600)
      .describe(
        'A study is complete when its instances have not changed for this long; set it longer than the longest pause between two series.',
      ),
    settleAtMostSeconds: whole(60, 7 * 86_400)
      .default(14_400)
      .describe(
        'The longest wait for a study that keeps changing, or of which the archive states more images than it lists; after it, the study is analysed as it is.',
      ),
  })
}
