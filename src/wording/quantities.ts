// Numbers and dates as text. A channel chooses how much to say and in which language, never how to round.
import { calendarDate } from '../domain/dicom-date.ts'

/** How a language writes numbers and days. */
export interface Locale {
  decimal: '.' | ','
  /** From the three parts of an ISO 8601 date. */
  day: (year: string, month: string, day: string) => string
}

export const ENGLISH_LOCALE: Locale = { decimal: '.', day: (year, month, day) => `${year}-${month}-${day}` }

/** Rounded to at most `decimals` decimals, as a number, for values that programs read. */
export function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}

/** Decimals of a volume in mL: two below 1 mL, so that a small enhancing remnant is not printed as 0. */
function volumeDecimals(...volumes: number[]): number {
  return Math.max(...volumes.map(Math.abs)) < 1 ? 2 : 1
}

/** A probability 0..1 in whole percent without its unit; certainty is never printed, since no model has it. */
function percentNumber(probability: number): string {
  if (!Number.isFinite(probability)) return '?'
  if (probability > 0.99) return '>99'
  if (probability < 0.01) return '<1'
  return String(Math.round(probability * 100))
}

/** "91 %", ">99 %", "<1 %" of a probability 0..1. */
function percent(probability: number): string {
  return `${percentNumber(probability)} %`
}

/** "40 %" for a share 0..1 that was counted or measured, where 0 % and 100 % are possible. */
function partPercent(part: number): string {
  return `${Math.round(100 * part)} %`
}

/** Rounded down to whole percent: an upper bound must not be rounded up. */
function percentBelow(share: number): string {
  return `${Math.floor(100 * share + 1e-9)} %`
}

/** "91 % (84–96)"; without the interval if there is none, or if it reads the same as the probability. */
function percentWithInterval(probability: number, interval: readonly [number, number] | undefined): string {
  const number = percentNumber(probability)
  const isBeyond = number.startsWith('>') || number.startsWith('<')
  if (!interval || (isBeyond && interval.every((end) => percentNumber(end) === number))) return `${number} %`
  return `${number} % (${percentNumber(interval[0])}–${percentNumber(interval[1])})`
}

/** All of them, as a language writes them. */
export function quantitiesIn({ decimal, day }: Locale) {
  /** A decimal number as a program writes it. */
  const written = (number: string) => number.split('.').join(decimal)
  const fixed = (value: number, decimals: number) => written(value.toFixed(decimals))

  /** "+12.3", "−0.40": a change always has its sign. */
  function signed(value: number, decimals: number): string {
    const size = Math.abs(value).toFixed(decimals)
    return Number(size) === 0 ? written(size) : `${value < 0 ? '−' : '+'}${written(size)}`
  }

  /** A volume of at least 0 in mL, without its unit: "0.04", "86.4"; "<0.01" if it would round to zero. */
  function millilitres(value: number): string {
    if (!Number.isFinite(value)) return '?'
    if (value === 0) return fixed(0, 1)
    return value < 0.005 ? `<${written('0.01')}` : fixed(value, volumeDecimals(value))
  }

  /** A change of volume and its standard deviation in mL, with as many decimals as the volumes; the deviation is absent if unknown. */
  function volumeChange(of: { earlier: number; now: number; change: number; standardDeviation?: number }): {
    change: string
    deviation?: string
  } {
    const decimals = volumeDecimals(of.earlier, of.now)
    const change = signed(of.change, decimals)
    return { change, ...(of.standardDeviation !== undefined && { deviation: fixed(of.standardDeviation, decimals) }) }
  }

  /** A length in mm, without its unit: "17.4". */
  const millimetres = (value: number) => fixed(value, 1)

  /** "1.2 mm, 0.4°": how far an image was moved to match another. */
  function movement({ translationMm, rotationDegrees }: { translationMm: number; rotationDegrees: number }): string {
    return `${millimetres(translationMm)} mm, ${fixed(rotationDegrees, 1)}°`
  }

  /** An ISO 8601 date; one without a day or with a time stays as the EHR states it. */
  function isoDate(date: string): string {
    const [, year, month, dayOfMonth] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date) ?? []
    return year && month && dayOfMonth ? day(year, month, dayOfMonth) : date
  }

  return {
    fixed,
    percent,
    partPercent,
    percentBelow,
    percentWithInterval,
    signed,
    millilitres,
    /** "86.4 mL" */
    volume: (value: number) => `${millilitres(value)} mL`,
    volumeChange,
    millimetres,
    /** "17.4 × 9.0 mm" for a longest diameter and the one perpendicular to it. */
    diameterPair: (longestMm: number, perpendicularMm: number) =>
      `${millimetres(longestMm)} × ${millimetres(perpendicularMm)} mm`,
    movement,
    /** At most `decimals` decimals, none that are zero. */
    short: (value: number, decimals: number) => written(String(rounded(value, decimals))),
    /** Three digits, as a power of ten where they would not tell the size. */
    digits: (value: number) => {
      const size = Math.abs(value)
      return written(
        size !== 0 && (size < 0.01 || size >= 10_000) ? value.toExponential(1) : String(Number(value.toPrecision(3))),
      )
    },
    /** A contribution with its sign, in the space of a bar's number: "+0.32", "−120". */
    contribution: (value: number) => {
      const size = Math.abs(value)
      const text = size < 10 ? fixed(size, 2) : size < 1000 ? fixed(size, 0) : '>999'
      return `${value < 0 ? '−' : '+'}${text}`
    },
    isoDate,
    /** A DICOM date (DA); anything else unchanged, since a guess would be worse. */
    readDate: (da: string) => {
      const date = calendarDate(da)
      return date === undefined ? da.trim() : isoDate(date)
    },
    /** ISO 8601 UTC to the minute, "2026-03-01 03:12 UTC". */
    readInstant: (iso: string) => {
      const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:\d{2}(\.\d+)?)?Z$/.exec(iso)
      return match ? `${isoDate(match[1]!)} ${match[2]} UTC` : iso
    },
  }
}

export type Quantities = ReturnType<typeof quantitiesIn>

export const ENGLISH_QUANTITIES = quantitiesIn(ENGLISH_LOCALE)

/** As everything but the PDF report writes them. */
export { partPercent, percent, percentBelow, percentWithInterval }
export const {
  contribution,
  signed,
  millilitres,
  volume,
  volumeChange,
  millimetres,
  diameterPair,
  movement,
  short,
  readDate,
  readInstant,
} = ENGLISH_QUANTITIES
