// Unpacks .xz files (the XZ file format 1.2.1); the decoder is XZ Embedded, compiled to WebAssembly.
import xz from 'xz-decompress'
import { AppError } from '../domain/errors.ts'

const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]

export const isXz = (bytes: Uint8Array) => MAGIC.every((byte, n) => bytes[n] === byte)

/** The content of one xz stream; INSTANCE_INVALID naming the file if it is truncated or its checksums do not match. */
export async function unpackXz(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  try {
    const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
    return new Uint8Array(await new Response(new xz.XzReadableStream(packed)).arrayBuffer())
  } catch (cause) {
    throw new AppError('INSTANCE_INVALID', `${name}: the xz stream is damaged`, { cause })
  }
}
