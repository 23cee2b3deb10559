// What the demo sends: the generated study with its known truth, or a folder of DICOM files.
import type { PatientIdentity } from '../src/domain/study.ts'
import type { LabelVolume } from '../src/domain/volume.ts'
import { type GeneratedStudy, generateStudy } from './phantom/study.ts'
import { readStudyFolder, type StudyFiles } from './study-files.ts'

export interface SentStudy {
  title: string
  studyInstanceUid: string
  patient: PatientIdentity
  instances: { sopInstanceUid: string; bytes: Uint8Array }[]
  megabytes: number
  /** Known for the generated study only. */
  truth?: LabelVolume
}

export async function prepareStudy(options: { study?: string; seed: number }): Promise<SentStudy> {
  const generated = options.study === undefined
  const study =
    options.study === undefined ? await generateStudy({ seed: options.seed }) : await readStudyFolder(options.study)
  const bytes = study.instances.reduce((sum, instance) => sum + instance.bytes.length, 0)
  return {
    title: generated ? `Generated study, seed ${options.seed}` : 'Study from the folder',
    studyInstanceUid: study.studyInstanceUid,
    patient: study.patient,
    instances: study.instances,
    megabytes: bytes / 1e6,
    ...(isGenerated(study) ? { truth: study.truth.labels } : {}),
  }
}

function isGenerated(study: GeneratedStudy | StudyFiles): study is GeneratedStudy {
  return 'truth' in study
}
