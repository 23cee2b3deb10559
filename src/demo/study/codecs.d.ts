// The encoders of the WebAssembly codecs, as far as the generated study uses them.
declare module '@cornerstonejs/codec-*/wasmjs' {
  export interface Encoder {
    /** Memory for the frame to encode, little-endian words. */
    getDecodedBuffer(frame: { width: number; height: number; bitsPerSample: number; componentCount: number; isSigned: boolean; isUsingColorTransform: boolean }): Uint8Array
    encode(): void
    /** A view on the codec's memory. */
    getEncodedBuffer(): Uint8Array
    delete(): void
  }
  interface Codec {
    JpegLSEncoder: new () => Encoder & { setNearLossless(error: number): void }
    J2KEncoder: new () => Encoder
  }
  const load: () => Promise<Codec>
  export default load
}
