// Forms of values that scanners and older systems write and that mean exactly one valid value (PS3.5 Section 6.2). Pure text processing.
import { withoutTrailing } from '../domain/trailing.ts'
import { unpadded } from './dataset.ts'
import { isCalendarDay } from './value-rules.ts'

/** The valid value that is meant, or the unchanged text if that is not certain. Padding is removed, blanks as well as nulls. */
export function mended(keyword: string, vr: string, value: string): string {
  const text = unpadded(value)
  if (keyword === 'TimezoneOffsetFromUTC') return mendedOffset(text) ?? text
  if (vr === 'DA') return mendedDate(text)
  if (vr === 'TM') return mendedTime(text)
  if (keyword === 'PatientSex') return SEXES[text.toUpperCase()] ?? text
  if (vr === 'CS') return text.toUpperCase()
  if (vr === 'PN') return mendedName(text)
  return text
}

const SEXES: Readonly<Record<string, string>> = { M: 'M', MALE: 'M', F: 'F', FEMALE: 'F', O: 'O', OTHER: 'O' }

/** "2026.03.01" is ACR-NEMA's form, "2026-03-01" that of other systems; a time after the date is cut off. */
function mendedDate(text: string): string {
  const [, year, month, day] = /^(\d{4})[./-]?(\d{2})[./-]?(\d{2})(?:[T ]?\d{2}:?\d{2}.*)?$/.exec(text) ?? []
  const date = `${year}${month}${day}`
  return year !== undefined && isCalendarDay(date) ? date : text
}

/** "08:15:30" is ACR-NEMA's form; a fraction has at most six digits. */
function mendedTime(text: string): string {
  const compact = text.replace(/^(\d{2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/, (_all, hours, minutes, seconds = '') =>
    [hours, minutes, seconds].join(''),
  )
  return compact.replace(/^(\d{6}\.\d{6})\d+$/, '$1').replace(/^(\d{6})\.$/, '$1')
}

/** Empty components at the end of a group, and empty groups, mean nothing; nor do line ends. */
function mendedName(text: string): string {
  const groups = text.replace(/[\r\n\t\f]+/g, ' ').split('=')
  return withoutTrailing(groups.map((group) => withoutTrailing(group, /[\s^]/)).join('='), /=/)
}

/**
 * Minutes east of UTC of a zone offset; undefined if it is not one. Accepts "&ZZXX" (PS3.3 C.12.1.1.8), and "+9:00", "+9" as
 * well. The sign is required: without one, half of the world would be guessed.
 */
export function offsetMinutes(text: string): number | undefined {
  const [, sign, hours, minutes = '00'] = /^([+-])(\d{2}|\d(?=:|$)):?(\d{2})?$/.exec(text) ?? []
  if (sign === undefined) return undefined
  const total = Number(hours) * 60 + Number(minutes)
  const east = sign === '-' ? -total : total
  return Number(minutes) < 60 && east >= -12 * 60 && east <= 14 * 60 ? east : undefined
}

/** "&ZZXX" from minutes east of UTC. */
export function formatOffset(minutes: number): string {
  const whole = Math.abs(minutes)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(whole / 60))}${two(whole % 60)}`
}

function mendedOffset(text: string): string | undefined {
  const minutes = offsetMinutes(text)
  return minutes === undefined ? undefined : formatOffset(minutes)
}

/** Minutes east of UTC of an IANA time zone at a given time (ISO 8601), including summer time. */
export function zoneMinutes(timeZone: string, at: string): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(new Date(at))
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
  return offsetMinutes(name.replace('GMT', '') || '+00') ?? 0
}
