// A folder of DICOM files as one study to send.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { personName, text } from '../src/dicom/dataset.ts'
import { readPart10 } from '../src/dicom/part10.ts'
import { AppError } from '../src/domain/errors.ts'
import type { PatientIdentity } from '../src/domain/study.ts'

export interface StudyFiles {
  studyInstanceUid: string
  /** As the first instance states it; the service itself checks every instance. */
  patient: PatientIdentity
  instances: { sopInstanceUid: string; bytes: Uint8Array }[]
}

/** Reads every DICOM file under the folder; other files are skipped. Throws INSTANCE_INVALID if there is more than one study. */
export async function readStudyFolder(folder: string): Promise<StudyFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new AppError('NOT_FOUND', `the folder ${folder} cannot be read`, { cause })
  })
  const instances: StudyFiles['instances'] = []
  const studies = new Set<string>()
  let patient: PatientIdentity | undefined
  for (const entry of entries.filter((e) => e.isFile()).toSorted((a, b) => a.name.localeCompare(b.name))) {
    const bytes = await readFile(join(entry.parentPath, entry.name))
    if (bytes.length < 132 || bytes.toString('latin1', 128, 132) !== 'DICM') continue
    const { dataset } = readPart10(bytes)
    studies.add(text(dataset, 'StudyInstanceUID'))
    patient ??= {
      patientId: text(dataset, 'PatientID'),
      issuerOfPatientId: text(dataset, 'IssuerOfPatientID'),
      patientName: personName(dataset, 'PatientName'),
      patientBirthDate: text(dataset, 'PatientBirthDate'),
      patientSex: text(dataset, 'PatientSex'),
    }
    instances.push({ sopInstanceUid: text(dataset, 'SOPInstanceUID'), bytes })
  }
  if (!patient) throw new AppError('NOT_FOUND', `the folder ${folder} holds no DICOM files`)
  if (studies.size > 1)
    throw new AppError('INSTANCE_INVALID', `the folder ${folder} holds ${studies.size} studies; give one study`)
  return { studyInstanceUid: [...studies][0]!, patient, instances }
}
