// Numbers and dates as text. A channel chooses how much to say, never how to round.
import { calendarDate } from '../domain/dicom-date.ts'

/** A probability 0..1 in whole percent without its unit; certainty is never printed, since no model has it. */
function percentNumber(probability: number): string {
  if (!Number.isFinite(probability)) return '?'
  if (probability > 0.99) return '>99'
  if (probability < 0.01) return '<1'
  return String(Math.round(probability * 100))
}

/** "91 %", ">99 %", "<1 %" of a probability 0..1. */
export function percent(probability: number): string {
  return `${percentNumber(probability)} %`
}

/** "40 %" for a share 0..1 that was counted or measured, where 0 % and 100 % are possible. */
export function partPercent(part: number): string {
  return `${Math.round(100 * part)} %`
}

/** "91 % (84–96)"; without the interval if there is none, or if it reads the same as the probability. */
export function percentWithInterval(probability: number, interval: readonly [number, number] | undefined): string {
  const number = percentNumber(probability)
  const isBeyond = number.startsWith('>') || number.startsWith('<')
  if (!interval || (isBeyond && interval.every((end) => percentNumber(end) === number))) return `${number} %`
  return `${number} % (${percentNumber(interval[0])}–${percentNumber(interval[1])})`
}

/** Decimals of a volume in mL: two below 1 mL, so that a small enhancing remnant is not printed as 0. */
function volumeDecimals(...volumes: number[]): number {
  return Math.max(...volumes.map(Math.abs)) < 1 ? 2 : 1
}

/** A volume of at least 0 in mL, without its unit: "0.04", "86.4"; "<0.01" if it would round to zero. */
export function millilitres(value: number): string {
  if (!Number.isFinite(value)) return '?'
  if (value === 0) return '0.0'
  return value < 0.005 ? '<0.01' : value.toFixed(volumeDecimals(value))
}

/** "86.4 mL" */
export function volume(value: number): string {
  return `${millilitres(value)} mL`
}

/** A change of volume and its standard deviation in mL, with as many decimals as the volumes; the deviation is absent if unknown. */
export function volumeChange(of: { earlier: number; now: number; change: number; standardDeviation?: number }): {
  change: string
  deviation?: string
} {
  const decimals = volumeDecimals(of.earlier, of.now)
  const change = signed(of.change, decimals)
  return { change, ...(of.standardDeviation !== undefined && { deviation: of.standardDeviation.toFixed(decimals) }) }
}

/** "+12.3", "−0.40": a change always has its sign. */
export function signed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals)
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`
}

/** A length in mm, without its unit: "17.4". */
export function millimetres(value: number): string {
  return value.toFixed(1)
}

/** "17.4 × 9.0 mm" for a longest diameter and the one perpendicular to it. */
export function diameterPair(longestMm: number, perpendicularMm: number): string {
  return `${millimetres(longestMm)} × ${millimetres(perpendicularMm)} mm`
}

/** "1.2 mm, 0.4°": how far an image was moved to match another. */
export function movement({
  translationMm,
  rotationDegrees,
}: {
  translationMm: number
  rotationDegrees: number
}): string {
  return `${millimetres(translationMm)} mm, ${rotationDegrees.toFixed(1)}°`
}

/** Rounded to at most `decimals` decimals, as a number, for values that programs read. */
export function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}

/** A DICOM date (DA) as ISO 8601; anything else unchanged, since a guess would be worse. */
export function readDate(da: string): string {
  return calendarDate(da) ?? da.trim()
}
