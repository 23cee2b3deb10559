// Which associations are accepted, and what is negotiated in them (PS3.8 Section 9.3, PS3.7 Annex D).
import type { Uid } from '../domain/study.ts'

export const VERIFICATION = '1.2.840.10008.1.1'
/** SOP class and its well-known instance. */
export const STORAGE_COMMITMENT = '1.2.840.10008.1.20.1'
export const STORAGE_COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1'
const IMPLICIT = '1.2.840.10008.1.2'
/** Storage SOP classes of the standard (PS3.4 Annex B.5). */
const STORAGE = '1.2.840.10008.5.1.4.1.1.'
/** Transfer syntaxes of the standard, except those for JPIP and video, which have no slices to store. */
const SYNTAX = /^1\.2\.840\.10008\.1\.2(\.1|\.1\.99|\.2|\.5|\.4\.(50|51|57|70|80|81|90|91|92|93|201|202|203))?$/

export interface DimsePeer {
  /** The address it calls from, and to which storage commitment is reported. */
  host?: string
  /** Where storage commitment is reported; by default in the association of the request. */
  port?: number
}

export interface Applicant {
  callingAeTitle: string
  calledAeTitle: string
  address: string
}

/** Result, source and reason of A-ASSOCIATE-RJ (PS3.8 Table 9-21), and in words; undefined if the association is accepted. */
export interface Rejection {
  result: number
  source: number
  reason: number
  why: string
}

export function rejectionOf(
  { callingAeTitle, calledAeTitle, address }: Applicant,
  site: { aeTitle: string; peers: Readonly<Record<string, DimsePeer>>; isFull: boolean },
): Rejection | undefined {
  if (site.isFull) return { result: 2, source: 3, reason: 2, why: 'too many associations are open' }
  if (calledAeTitle !== site.aeTitle)
    return { result: 1, source: 1, reason: 7, why: 'the called AE title is not receive.dimse.aeTitle' }
  const peer = Object.hasOwn(site.peers, callingAeTitle) ? site.peers[callingAeTitle] : undefined
  const isKnown = peer !== undefined && (peer.host === undefined || peer.host === plainAddress(address))
  return isKnown
    ? undefined
    : {
        result: 1,
        source: 1,
        reason: 3,
        why: 'the calling AE title is not in receive.dimse.peers, or has another host there',
      }
}

/** 'abstract' and 'transfer': what is not supported in the proposal. */
export type Agreed = { transferSyntaxUid: Uid } | 'abstract' | 'transfer'

/** The first proposed transfer syntax that can be stored: the sender's preference, so that nothing is transcoded for us. */
export function agreeOn(abstractSyntax: Uid, transferSyntaxes: readonly Uid[], commitment: boolean): Agreed {
  const isMessage = abstractSyntax === VERIFICATION || (commitment && abstractSyntax === STORAGE_COMMITMENT)
  if (!isMessage && !abstractSyntax.startsWith(STORAGE)) return 'abstract'
  const agreed = transferSyntaxes.find((one) => (isMessage ? one === IMPLICIT : SYNTAX.test(one)))
  return agreed === undefined ? 'transfer' : { transferSyntaxUid: agreed }
}

/** "::ffff:10.1.2.3" is how a socket for both families names an IPv4 peer. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:/i, '')
}
