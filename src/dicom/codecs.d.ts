// The parts of the pixel codecs (@cornerstonejs) that this project uses.
declare module '@cornerstonejs/dicom-codec' {
  interface ImageInfo {
    rows: number
    columns: number
    bitsAllocated: number
    samplesPerPixel: number
    signed: boolean
    pixelRepresentation: number
  }
  interface DecodedInfo {
    width: number
    height: number
    bitsPerSample: number
    componentCount: number
  }
  interface Result {
    /** Samples as bytes, or as words from the JPEG Lossless decoder; may be a view on memory that the codec uses again. */
    imageFrame: Uint8Array | Int8Array | Uint16Array | Int16Array
    imageInfo: DecodedInfo
  }
  const codec: {
    decode(frame: Uint8Array, info: ImageInfo, transferSyntaxUid: string): Promise<Result>
    encode(frame: Uint8Array, info: ImageInfo, transferSyntaxUid: string): Promise<Result>
  }
  export default codec
}

declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  interface J2KDecoder {
    /** Memory for the codestream. */
    getEncodedBuffer(length: number): Uint8Array
    decode(): void
    /** A view on memory that is freed by `delete`. */
    getDecodedBuffer(): Uint8Array
    getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number; isSigned: boolean }
    delete(): void
  }
  interface OpenJpeg {
    J2KDecoder: new () => J2KDecoder
  }
  const create: (options: { print(text: string): void; printErr(text: string): void }) => Promise<OpenJpeg>
  export default create
}
