// The part of @cornerstonejs/dicom-codec that this project uses.
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
