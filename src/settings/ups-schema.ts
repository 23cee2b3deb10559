// Settings of the worklist (UPS-RS): off by default.
import { z } from 'zod'
import { codes, filled, url, whole } from './schema-parts.ts'

export function upsSchema() {
  return z
    .strictObject({
      url: z.exactOptional(url('Root of the worklist; pacs.url by default. Uses the credentials of pacs.auth.')),
      aeTitle: z
        .string()
        .regex(/^[A-Za-z0-9_.-]{1,16}$/, 'must be 1 to 16 letters, digits, "_", "." or "-"')
        .default('GLIABRIDGE')
        .describe('AE title with which we subscribe and send requests.'),
      station: z
        .strictObject({
          value: filled('Code value.').default('GLIABRIDGE'),
          scheme: filled('Coding scheme.').default('99GLIABRIDGE'),
          meaning: filled('Code meaning.').default('Gliabridge'),
        })
        .prefault({})
        .describe('Our code: a workitem with it as scheduled station is ours (assigned).'),
      codes: codes().describe(
        'Codes of work that we take when it is assigned to no station, each as "scheme|code"; without any, only what is assigned to us is taken.',
      ),
      subscribe: z
        .enum(['global', 'filtered', 'none'], { error: 'must be one of global, filtered, none' })
        .default('global')
        .describe(
          'Events of all workitems, of those with our first code or our station, or none: then the worklist is only searched.',
        ),
      intervalSeconds: whole(1, 3600)
        .default(30)
        .describe('Time between two searches, which continue alongside the events.'),
    })
    .describe('Worklist from which workitems are taken (UPS-RS, IHE AIW-I task performer).')
}
