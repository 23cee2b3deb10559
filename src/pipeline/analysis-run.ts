// What an analysis is given, and what its steps share.
import type { VolumeReader } from '../dicom/series-volume.ts'
import type { AnalysisRecord } from '../domain/analysis.ts'
import type { AnalysisResult } from '../domain/finding.ts'
import type { AnalysisStore, PriorAnalyses } from '../domain/ports/analysis-store.ts'
import type { ClinicalRecords } from '../domain/ports/clinical-record.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { HeadSwitches } from '../domain/ports/head-switches.ts'
import type { ImageArchive } from '../domain/ports/image-archive.ts'
import type { ImageSpool } from '../domain/ports/image-spool.ts'
import type { ModelRunner } from '../domain/ports/model-runner.ts'
import type { Tracing } from '../domain/ports/tracing.ts'
import type { WatchStore } from '../domain/ports/watch-store.ts'
import type { Registrar } from '../inference/volumes/rigid.ts'
import type { Letterhead } from '../reports/page-content.ts'
import type { WriteBack } from './encode/extras.ts'
import type { OutsideIntendedUse } from './intended-use.ts'
import type { Turns } from './pools.ts'
import type { PriorSettings } from './prior/find.ts'
import type { Stopwatch } from './stopwatch.ts'
import type { TakeOptions } from './take-series.ts'

export interface AnalysePorts {
  archive: ImageArchive
  ehr: ClinicalRecords
  analyses: AnalysisStore & PriorAnalyses
  watch: Pick<WatchStore, 'isOwn'>
  runner: ModelRunner
  registrar: Registrar
  /** Absent if the site keeps no images for the pages. */
  spool?: ImageSpool
  readVolume: VolumeReader
  /** Heads that a site's stop rules turned off; absent where the bundle is taken as it is. */
  switches?: Pick<HeadSwitches, 'stopped'>
  clock: Clock
  tracing?: Tracing
  /** Where other analyses of this process want the same archive, processor and memory. */
  turns?: Turns
}

export interface AnalyseOptions extends TakeOptions {
  letterhead: Letterhead
  /** The address at which people reach the pages. */
  publicUrl?: string
  /** IANA time zone of the site, for images that state none. */
  timeZone: string
  writeBack: WriteBack
  priors: PriorSettings
  software: AnalysisResult['software']
  /** What to do with a patient for whom the bundle is not intended. */
  outsideIntendedUse: OutsideIntendedUse
  /** Analyses nothing before the patient's consent has been read. */
  consentRequired: boolean
}

/** One analysis in progress. */
export interface Run extends Pick<Stopwatch, 'time'> {
  ports: AnalysePorts
  options: AnalyseOptions
  record: AnalysisRecord
}
