// The settings of what takes images and messages in, beside the search of the archive; all of it is off unless a site asks for it.
import { z } from 'zod'
import { hl7Schema } from './hl7-schema.ts'
import { filled, flag, tlsFiles, whole } from './schema-parts.ts'

/** PS3.5 Section 6.2: 16 characters without backslash, control characters and spaces at the ends. */
const aeTitle = () =>
  z.string().regex(/^(?! )[\x20-\x5b\x5d-\x7e]{1,16}(?<! )$/, 'must be an AE title: up to 16 characters')

function dimseSchema() {
  return z
    .strictObject({
      port: z.exactOptional(
        whole(0, 65_535).describe(
          'Port for DICOM associations (C-ECHO, C-STORE); none are taken without it. 0 takes a free one.',
        ),
      ),
      host: filled('Address on which they are taken.').default('0.0.0.0'),
      aeTitle: aeTitle().default('GLIABRIDGE').describe('Our AE title; associations under another name are rejected.'),
      peers: z
        .record(
          aeTitle(),
          z.strictObject({
            host: z.exactOptional(filled('Address from which it calls, and to which storage commitment is reported.')),
            port: z.exactOptional(whole(1, 65_535).describe('Port to which storage commitment is reported.')),
          }),
        )
        .default({})
        .describe(
          'AE title → {"host", "port"}, both optional: who may call. "host" is the address from which it must; with "port" storage commitment is reported there, else in the association of the request.',
        ),
      commitment: flag(
        'Confirm storage commitment for what is kept. It lasts receive.keepDays, so no sender may delete images because of it.',
      ).default(false),
      tls: z.exactOptional(tlsFiles('senders').describe('Associations over TLS only.')),
    })
    .refine(({ port, peers }) => port === undefined || Object.keys(peers).length > 0, {
      path: ['peers'],
      message: 'must name who may call when receive.dimse.port is set',
    })
    .prefault({})
    .describe('DICOM associations.')
}

export function receiveSchema() {
  return z
    .strictObject({
      stow: flag(
        'Take images by STOW-RS at /dicom-web/studies, with http.token as bearer token or password of any user.',
      ).default(false),
      dimse: dimseSchema(),
      hl7: hl7Schema(),
      keepDays: whole(1, 3650)
        .default(7)
        .describe(
          'How long received images are kept after the last of their study came, days; longer while the study waits, is analysed or held.',
        ),
      folder: z.exactOptional(
        filled(
          'Folder for them; "received" in store.dataDir when left out. Processes that share a database share this folder too.',
        ),
      ),
    })
    .prefault({})
    .describe('Images and messages that are sent to the service itself.')
}
