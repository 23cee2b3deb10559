// How large, deep and slow anything from outside may be. Whatever exceeds a limit is refused by name; docs/limits.md is checked against this table.

const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB

export const LIMITS = {
  /** One DICOM object, which is held in memory. An enhanced MR object of 512 frames of 512 × 512 16-bit voxels takes 256 MiB. */
  objectBytes: GIB,
  /** The data set of a deflated object, once inflated. */
  inflatedBytes: 512 * 512 * 512 * 2,
  /** Nesting of sequences (PS3.5 Section 7.5). */
  sequenceDepth: 40,
  /** Pixels of one frame. If it is compressed, its own header is checked as well, before a decoder sees it. */
  framePixels: 4096 * 4096,
  /** Voxels of one volume, at 4 bytes each. */
  volumeVoxels: 2 ** 28,
  /** How long the decoding process may stay silent over one object before it is ended. */
  decodeSeconds: 60,
  /** Heap of that process, and likewise its WebAssembly memory. */
  decoderBytes: GIB,
  /** Parts of one multipart body. */
  parts: 200_000,
  /** Headers of one part; also whatever comes before the first delimiter or after the last. */
  partHeaderBytes: 16 * KIB,
  /** One answer of an archive, all parts together. */
  answerBytes: 16 * GIB,
  /** The slowest transfer that is still accepted once the archive's timeout has passed. */
  answerBytesPerSecond: 1000,
  /** The JSON of one answer, uncompressed. */
  jsonBytes: 128 * MIB,
  /** Objects and arrays in one JSON answer: small ones take twenty times as much memory as their text. */
  jsonContainers: 8_000_000,
  /** Nesting of objects and arrays. */
  jsonDepth: 128,
  /** Pages of one search. */
  searchPages: 2_000,
  /** STOW-RS requests read at the same time; others wait. Each holds one object in memory, or 32 MiB of small ones. */
  receivingAtOnce: 4,
  /** One DIMSE PDU; senders rarely go beyond a few hundred KiB. */
  pduBytes: 16 * MIB,
  /** DIMSE associations at the same time, each with one object in memory; others are told to try again later. */
  associations: 16,
  /** One HL7 v2 message; a report with an embedded PDF takes a few MiB. */
  hl7Bytes: 16 * MIB,
  /** Segments of one HL7 v2 message that are read: ORC, OBR, IPC, ZDS. */
  hl7Segments: 1000,
  /** Seconds from the first byte of an HL7 v2 message to its last; its sender has as long to accept the acknowledgment. */
  hl7Seconds: 30,
  /** HL7 v2 connections at the same time; an interface engine holds one. */
  hl7Connections: 16,
  /** How long the database may stay silent over one statement before its connection is given up. */
  databaseSeconds: 120,
  /** The longest pause that a peer can ask for with Retry-After. */
  retryAfterSeconds: 3600,
} as const
