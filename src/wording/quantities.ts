// Numbers and dates as text. A channel chooses how much it says, never how a number is rounded.
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

/** "91 % (84–96)"; without the interval when none is known, or when it says no more than the probability. */
export function percentWithInterval(probability: number, interval: readonly [number, number] | undefined): string {
  const number = percentNumber(probability)
  const isBeyond = number.startsWith('>') || number.startsWith('<')
  if (!interval || (isBeyond && interval.every((end) => percentNumber(end) === number))) return `${number} %`
  return `${number} % (${percentNumber(interval[0])}–${percentNumber(interval[1])})`
}

/** Decimals of a volume in mL: two below 1 mL, so that a small enhancing rest is not printed as 0. */
function volumeDecimals(...volumes: number[]): number {
  return Math.max(...volumes.map(Math.abs)) < 1 ? 2 : 1
}

/** A volume of at least 0 in mL, without its unit: "0.04", "86.4"; "<0.01" for what would round to nothing. */
export function millilitres(value: number): string {
  if (!Number.isFinite(value)) return '?'
  if (value === 0) return '0.0'
  return value < 0.005 ? '<0.01' : value.toFixed(volumeDecimals(value))
}

/** "86.4 mL" */
export function volume(value: number): string {
  return `${millilitres(value)} mL`
}

/** A change of a volume and its standard deviation in mL, with the decimals of the volumes; the deviation is absent when unknown. */
export function volumeChange(of: { earlier: number; now: number; change: number; standardDeviation?: number }): {
  change: string
  deviation?: string
} {
  const decimals = volumeDecimals(of.earlier, of.now)
  const change = signed(of.change, decimals)
  return { change, ...(of.standardDeviation !== undefined && { deviation: of.standardDeviation.toFixed(decimals) }) }
}

/** "+12.3", "−0.40": a change is never without its sign. */
export function signed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals)
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`
}

/** A DICOM date (DA) as ISO 8601; anything else as it is, since a guess would be worse. */
export function readDate(da: string): string {
  return calendarDate(da) ?? da.trim()
}
