// An archive's own feed of changes, read from where the last reading stopped.
import type { Uid } from '../study.ts'

export interface Changes {
  /** The studies that changed, each once. */
  studies: Uid[]
  /** Where the next reading begins. */
  cursor: string
  /** More changes are already waiting. */
  more: boolean
}

/** Cursors are opaque texts of the feed. */
export interface ChangeFeed {
  /** For the log and for the name of the cursor: "orthanc https://orthanc.example". */
  readonly name: string
  /** Whether the text is a cursor of this feed. */
  isCursor(text: string): boolean
  /** Where the feed ends now. */
  end(): Promise<string>
  /** What came after the cursor, oldest first. Throws ARCHIVE_*, and INTERNAL for a text that is no cursor. */
  after(cursor: string): Promise<Changes>
}
