// The largest of everything that comes from outside. What is over a limit is refused by name; docs/limits.md is checked against this table.

const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB

export const LIMITS = {
  /** One DICOM object: it is held in memory. An enhanced MR object of 512 frames of 512 × 512 voxels of 16 bits has 256 MiB. */
  objectBytes: GIB,
  /** The data set of a deflated object, inflated. */
  inflatedBytes: 512 * 512 * 512 * 2,
  /** Sequences within sequences (PS3.5 Section 7.5). */
  sequenceDepth: 40,
  /** Pixels of one frame; of a compressed one also as its own header says, before a decoder is asked. */
  framePixels: 4096 * 4096,
  /** Voxels of one volume, which has 4 bytes for each. */
  volumeVoxels: 2 ** 28,
  /** Silence of the process that decodes images over one object, before it is ended. */
  decodeSeconds: 60,
  /** Heap of that process, and its WebAssembly memory. */
  decoderBytes: GIB,
  /** Objects of one multipart body. */
  parts: 200_000,
  /** Headers of one part; also what may stand before the first delimiter and after the last. */
  partHeaderBytes: 16 * KIB,
  /** One answer of an archive, all parts together. */
  answerBytes: 16 * GIB,
  /** Slowest answer, once it was waited for as long as the archive may be silent. */
  answerBytesPerSecond: 1000,
  /** JSON of one answer, unpacked. */
  jsonBytes: 128 * MIB,
  /** Objects and lists in one JSON answer: small ones take twenty times the memory of their text. */
  jsonContainers: 8_000_000,
  /** Objects and lists within each other. */
  jsonDepth: 128,
  /** Pages of one search. */
  searchPages: 2_000,
  /** STOW-RS requests that are read at once; more wait. Each has one object in memory, or 32 MiB of small ones. */
  receivingAtOnce: 4,
  /** One PDU of DIMSE; senders keep to a few hundred KiB. */
  pduBytes: 16 * MIB,
  /** Associations of DIMSE at once, each with one object in memory; more are asked to come back. */
  associations: 16,
  /** One HL7 v2 message; a report with a PDF in it has a few MiB. */
  hl7Bytes: 16 * MIB,
  /** Segments of one HL7 v2 message that are read: ORC, OBR, IPC, ZDS. */
  hl7Segments: 1000,
  /** Seconds from the first byte of an HL7 v2 message to its last, and for its sender to take the acknowledgment. */
  hl7Seconds: 30,
  /** Connections of HL7 v2 at once; interface engines hold one each. */
  hl7Connections: 16,
  /** Silence of the database over one statement, before its connection is given up. */
  databaseSeconds: 120,
  /** Longest pause that a peer can ask for by Retry-After. */
  retryAfterSeconds: 3600,
} as const
