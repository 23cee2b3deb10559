// The parts of the page as plain strings: written by content.ts, drawn by the blocks.

import type { BoardContent } from '../domain/board.ts'
import type { Language } from '../domain/languages.ts'
import type { CourseLine } from '../domain/volume-course.ts'
import type { FontFiles } from '../fonts/families.ts'
import type { WorksheetText } from '../wording/worksheet.ts'
import type { Paper } from './canvas.ts'
import type { ContributionChart, SurvivalCurve } from './chart-content.ts'
import type { PredictionRow } from './prediction-rows.ts'

export interface Field {
  label: string
  value: string
}

export interface VolumeRow {
  region: string
  name: string
  /** Beside the columns of an earlier study. */
  shortName: string
  value: string
  /** Empty if the bundle gives no estimate. */
  deviation: string
  /** Against an earlier study; absent without one, or if this was not measured there. */
  change?: { earlier: string; text: string }
  /** Colour of the outline that this row measures; absent for sums of several segments. */
  colour?: string
}

/** What all documents of a site have in common. */
export interface Letterhead {
  institution: string
  /** Of the report and of the meeting. */
  language: Language
  /** A4 by default. */
  paper?: Paper
  fonts: FontFiles
}

export interface ReportContent {
  board: BoardContent
  title: string
  status: string
  /** A reviewer rejected the result: the page says so and shows no values. */
  isWithdrawn: boolean
  /** The name in up to three writings, as the archive states it. */
  patientNames: string[]
  patientFields: Field[]
  studyFields: Field[]
  summary: string
  volumes: VolumeRow[]
  /** One sentence on the diameters of the lesions; empty if there are none. */
  diameters: string
  predictions: PredictionRow[]
  charts: ContributionChart[]
  curve: SurvivalCurve | undefined
  /** Volumes over the patient's studies; empty without an earlier study. */
  course: CourseLine[]
  quality: { warning: boolean; text: string }[]
  series: { sequence: string; description: string; detail: string }[]
  /** Only for a follow-up. */
  worksheets: WorksheetText[]
  statement: string[]
  provenance: Field[]
}
