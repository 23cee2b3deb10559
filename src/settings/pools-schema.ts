// How much work one process does at once.
import { z } from 'zod'
import { whole } from './schema-parts.ts'

export function poolsSchema() {
  return z
    .strictObject({
      retrieve: whole(1, 64)
        .default(2)
        .describe('How many studies are retrieved from the PACS at once, while another is computed.'),
      infer: whole(1, 64)
        .default(1)
        .describe(
          'How many studies are aligned, segmented and measured at once. The networks run one study at a time on each GPU in any case; one more than there are GPUs keeps them busy while another study is aligned.',
        ),
      deliver: whole(1, 64)
        .default(2)
        .describe('How many analyses are delivered at once to the PACS, and how many to the EHR.'),
      inFlightMiB: whole(64, 1024 * 1024)
        .default(1024)
        .describe(
          'Limit for the voxels (4 bytes each) of all studies that are being retrieved or computed, MiB; further studies wait to be retrieved. A study larger than this runs alone.',
        ),
    })
    .prefault({})
    .describe('How much work one process does at once; the defaults are meant for two cores.')
}
