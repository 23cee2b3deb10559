// DICOM dates (PS3.5 Table 6.2-1, DA), read and written in one place.

/** "YYYY-MM-DD" from a DA (or its retired form with dots); undefined if empty or not a calendar day. */
export function calendarDate(da: string): string | undefined {
  const match = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(da.trim())
  if (!match) return undefined
  const date = `${match[1]}-${match[2]}-${match[3]}`
  const parsed = new Date(`${date}T00:00:00Z`)
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date) ? date : undefined
}

/** Midnight UTC of a DA in milliseconds since 1970; undefined if it is not a date. */
export function dayOf(da: string): number | undefined {
  const date = calendarDate(da)
  return date === undefined ? undefined : Date.parse(`${date}T00:00:00Z`)
}

/** The DA of a moment in milliseconds since 1970, in UTC. */
export function dicomDate(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10).replaceAll('-', '')
}
