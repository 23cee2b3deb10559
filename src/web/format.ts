// Names, ages, durations and moments in words.
import { html } from 'hono/html'
import type { Html, Part } from './html.ts'

export { readName as formatName } from '../domain/person-name.ts'

/** The language that decides which regional forms Han characters take; undefined if the name has none, or nothing decides it. */
function languageOf(name: string): 'ja' | 'ko' | undefined {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(name)) return 'ja'
  return /\p{Script=Hangul}/u.test(name) ? 'ko' : undefined
}

/** The lang attribute of an element that holds a name. */
export function inLanguage(name: string): Part {
  const language = languageOf(name)
  return language ? html` lang="${language}"` : ''
}

/** Completed years between two DICOM DA; undefined if either is not a date. */
export function ageAt(birthDate: string, date: string): number | undefined {
  if (!/^\d{8}$/.test(birthDate) || !/^\d{8}$/.test(date) || date < birthDate) return undefined
  const years = Number(date.slice(0, 4)) - Number(birthDate.slice(0, 4))
  return date.slice(4) < birthDate.slice(4) ? years - 1 : years
}

export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`
}

/** A time; in UTC until the page's script rewrites it in the reader's time zone. */
export function timeOf(iso: string): Html {
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>`
}

export function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000)
}

/** A message as a sentence: a plain first word is capitalised; setting names and codes stay as they are. */
export function sentence(message: string): string {
  return /^[a-z]+( |$)/.test(message) ? message.charAt(0).toUpperCase() + message.slice(1) : message
}
