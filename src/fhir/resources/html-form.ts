// The report as one HTML page, for EHRs that show neither resources nor PDFs (IHE Radiology IMR requires text/html in presentedForm).

import { calendarDate } from '../../domain/dicom-date.ts'
import type { PatientIdentity } from '../../domain/study.ts'
import type { BuildContext } from './context.ts'
import { escaped } from './narrative.ts'
import { narrativeOf } from './report-narrative.ts'

const STYLE = 'body{font:1rem/1.5 sans-serif;max-width:45rem;margin:1rem auto;padding:0 1rem}'

/** A page that can leave the chart must say whose it is: the identity stated in the images. */
export function htmlForm({ report, review }: BuildContext): string {
  const { result } = report
  const { patient, study } = result
  const date = calendarDate(study.studyDate)
  const birthDate = calendarDate(patient.patientBirthDate)
  const identity = [
    ...readableNames(patient),
    ...(birthDate ? [`born ${birthDate}`] : []),
    `Patient ID ${patient.patientId}${patient.issuerOfPatientId ? ` (${patient.issuerOfPatientId})` : ''}`,
  ]
  const title = `MR brain${date ? ` of ${date}` : ''}: glioma analysis by software`
  return [
    `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>${STYLE}</style></head>`,
    `<body><h1>${escaped(title)}</h1><p>${escaped(identity.join(', '))}</p>`,
    narrativeOf(report, review),
    `<p>Analysis registered ${escaped(result.analysedAt)}.</p></body></html>\n`,
  ].join('\n')
}

/** "Müller-Okafor, Zoë Ann" from each group of a PN (PS3.5 6.2.1): family, given, middle, prefix, suffix. */
function readableNames({ patientName }: PatientIdentity): string[] {
  return patientName.split('=').flatMap((group) => {
    const [family = '', ...others] = group.split('^').map((part) => part.trim())
    const rest = others.filter((part) => part !== '').join(' ')
    const name = [family, rest].filter((part) => part !== '').join(', ')
    return name === '' ? [] : [name]
  })
}
