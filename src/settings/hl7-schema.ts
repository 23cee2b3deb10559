// Settings of HL7 v2 over MLLP: off unless a port is set.
import { z } from 'zod'
import { filled, tlsFiles, whole } from './schema-parts.ts'

export function hl7Schema() {
  return z
    .strictObject({
      port: z.exactOptional(
        whole(0, 65_535).describe(
          'Port for HL7 v2 messages over MLLP (ORM, OMI, ORU and their like), each a hint that a study may be new; without it none are accepted. 0 picks a free port.',
        ),
      ),
      host: filled('Address at which they are accepted.').default('0.0.0.0'),
      peers: z
        .array(
          z.string().regex(/^[0-9A-Fa-f.:]+(\/\d{1,3})?$/, 'must be an IP address or a subnet such as 10.1.2.0/24'),
        )
        .default([])
        .describe(
          'Addresses or subnets from which they are accepted, such as that of the interface engine; other connections are refused.',
        ),
      accessionFields: z
        .array(z.string().regex(/^(ORC|OBR|IPC)-\d{1,2}$/, 'must be a field of ORC, OBR or IPC such as "OBR-18"'))
        .min(1, 'must name at least one')
        .default(['IPC-1', 'OBR-18', 'OBR-3'])
        .describe(
          'Fields that hold the accession number; the archive is searched for each of them. A Study Instance UID in ZDS-1, IPC-3 or OBX is used as well.',
        ),
      tls: z.exactOptional(tlsFiles('senders').describe('Over TLS only.')),
    })
    .refine(({ port, peers }) => port === undefined || peers.length > 0, {
      path: ['peers'],
      message: 'must name who may send when receive.hl7.port is set',
    })
    .prefault({})
    .describe('HL7 v2 messages.')
}
