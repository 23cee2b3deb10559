// Which clock a result is dated by: that of its images, which may run ahead of ours or be in another time zone.
import { imagesUntil } from '../dicom/image-times.ts'
import { momentOf } from '../dicom/result-modules.ts'
import type { QualityNote, ResultClock } from '../domain/finding.ts'
import type { Series } from '../domain/study.ts'
import { remark } from '../wording/remarks.ts'

export function clockOf(sources: readonly Series[], timeZone: string): ResultClock {
  const last = imagesUntil(sources)
  return { timeZone, ...(last !== undefined && { imagesUntil: last }) }
}

/** Notes that the images are later than their analysis, which only a wrong clock or time zone can explain. */
export function clockNotes(
  analysedAt: string,
  sources: readonly Series[],
  { timeZone, imagesUntil: last }: ResultClock,
): QualityNote[] {
  const [first] = sources.flatMap(({ instances }) => instances)
  if (first === undefined || last === undefined) return []
  const { date, time, offset } = momentOf(analysedAt, first.metadata, timeZone === undefined ? {} : { timeZone })
  if (date + time >= last) return []
  const said = remark('images-later-than-analysis', { images: shown(last), analysis: shown(date + time), offset })
  return [{ code: 'images-later-than-analysis', severity: 'warning', ...said }]
}

/** "2026-03-02 08:00:00" from YYYYMMDDHHMMSS. */
function shown(moment: string): string {
  return moment.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3 $4:$5:$6')
}
