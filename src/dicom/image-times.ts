// When images were taken, by their own clock: the latest time that any of them states.
import type { DicomJson, Series } from '../domain/study.ts'
import { text } from './dataset.ts'
import { mended } from './mending.ts'
import { isCalendarDay } from './value-rules.ts'

const PAIRS = ['Study', 'Series', 'Acquisition', 'Content'].map((what) => [`${what}Date`, `${what}Time`] as const)

/** YYYYMMDDHHMMSS; undefined if no image states a date. */
export function imagesUntil(series: readonly Series[]): string | undefined {
  const moments = series.flatMap(({ instances }) => instances.flatMap(({ metadata }) => momentsOf(metadata)))
  return moments.reduce<string | undefined>((last, one) => (last === undefined || one > last ? one : last), undefined)
}

function momentsOf(ds: DicomJson): string[] {
  const dated = PAIRS.map(([date, time]) => mended(date, 'DA', text(ds, date)) + mended(time, 'TM', text(ds, time)))
  return [...dated, text(ds, 'AcquisitionDateTime')].flatMap((stated) => {
    const digits = /^\d{8,14}/.exec(stated)?.[0] ?? ''
    return digits !== '' && isCalendarDay(digits.slice(0, 8)) ? [digits.padEnd(14, '0')] : []
  })
}
