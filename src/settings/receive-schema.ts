// Settings for receiving images and messages, in addition to searching the archive; all of it is off by default.
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
          'Port for DICOM associations (C-ECHO, C-STORE); without it none are accepted. 0 picks a free port.',
        ),
      ),
      host: filled('Address at which they are accepted.').default('0.0.0.0'),
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
          'AE title → {"host", "port"}, both optional: who may connect. "host" is the address it must connect from; with "port", storage commitment is reported there, otherwise in the association of the request.',
        ),
      commitment: flag(
        'Confirm storage commitment for stored images. They are kept only for receive.keepDays, so no sender may delete images on the strength of it.',
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
        'Accept images by STOW-RS at /dicom-web/studies, with http.token as bearer token or as the password of any user.',
      ).default(false),
      dimse: dimseSchema(),
      hl7: hl7Schema(),
      keepDays: whole(1, 3650)
        .default(7)
        .describe(
          'How many days received images are kept after the last one of their study arrived; longer while the study is waiting, being analysed or on hold.',
        ),
      folder: z.exactOptional(
        filled(
          'Folder for them; by default "received" in store.dataDir. Processes that share a database share this folder too.',
        ),
      ),
    })
    .prefault({})
    .describe('Images and messages that are sent to the service itself.')
}
