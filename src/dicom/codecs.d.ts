// The parts of the pixel decoders that this project uses; they ship no types.
declare module '@cornerstonejs/codec-*' {
  interface FrameInfo {
    width: number
    height: number
    bitsPerSample: number
    componentCount: number
    isSigned?: boolean
  }
  interface WasmDecoder {
    /** Memory for the codestream. */
    getEncodedBuffer(length: number): Uint8Array
    decode(): void
    /** A view of memory that `delete` frees. */
    getDecodedBuffer(): Uint8Array
    getFrameInfo(): FrameInfo
    delete(): void
  }
  interface WasmModule {
    [decoder: string]: new () => WasmDecoder
  }
  const load: (options: { print(text: string): void; printErr(text: string): void }) => Promise<WasmModule>
  export default load
}

declare module 'jpeg-lossless-decoder-js' {
  class Decoder {
    /** Samples of `bytesPerSample` bytes, little endian. */
    decode(buffer: ArrayBuffer, offset: number, length: number, bytesPerSample: number): ArrayBufferView
    frame: { dimX: number; dimY: number; numComp: number; precision: number }
  }

  export { Decoder }
}
