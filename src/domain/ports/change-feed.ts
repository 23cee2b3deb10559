// An archive's own account of what changed in it, read from where one stopped.
import type { Uid } from '../study.ts'

export interface Changes {
  /** Studies of these changes, each once. */
  studies: Uid[]
  /** Where the next reading begins. */
  cursor: string
  /** More is there already. */
  more: boolean
}

/** Cursors are the feed's own texts; nobody else reads them. */
export interface ChangeFeed {
  /** For the log and for the name of the cursor: "orthanc https://orthanc.example". */
  readonly name: string
  /** Where the feed ends now. */
  end(): Promise<string>
  /** What came after the cursor, oldest first. Throws ARCHIVE_*. */
  after(cursor: string): Promise<Changes>
}
