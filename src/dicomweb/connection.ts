// What search, retrieval and storage need of the connection to an archive.
import type { DicomJson } from '../domain/study.ts'
import type { Asked } from './errors.ts'

export interface Connection {
  /** The data sets of a list, with undefined for a row that is none; no match is []. Retried if the connection breaks. */
  getList(path: string, what: string, accept: string): Promise<(DicomJson | undefined)[]>
  /** JSON of an archive's own interface, not DICOM JSON; `empty` if the answer has no body. Throws NOT_FOUND for 404. */
  getJson(path: string, what: string, options?: { empty?: unknown }): Promise<unknown>
  /** Part 10 objects as they arrive. ARCHIVE_TRUNCATED at the end if the archive itself says that some are missing (206). */
  getObjects(path: string, what: string, accept: string): AsyncGenerator<Uint8Array<ArrayBuffer>, void>
  /** Sends once and never retries, with its length and not in chunks; returns the whole answer as text. */
  post(
    path: string,
    what: string,
    accept: string,
    body: Upload,
  ): Promise<{ status: number; headers: Headers; text: string }>
  /** Sends JSON, or nothing, once and never retries, whatever the status. */
  exchange(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    what: string,
    json?: unknown,
  ): Promise<{ status: number; headers: Headers; text: string }>
  /** Deletes a resource (not part of PS3.18; Orthanc, dcm4chee, Google and Azure support it). */
  remove(path: string, what: string): Promise<void>
  describe(path: string, what: string): Asked
}

/** A body of known size: archives and proxies refuse a request without Content-Length, or drop its body. */
export interface Upload {
  contentType: string
  length: number
  slices: Iterable<Uint8Array>
}
