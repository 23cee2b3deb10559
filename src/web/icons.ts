// Small line icons that differ in shape, not only in colour.
import { html, raw } from 'hono/html'
import type { AnalysisState } from '../domain/analysis.ts'
import type { LegState } from '../domain/delivery.ts'
import type { Html } from './html.ts'

const PATHS = {
  waiting: '<circle cx="8" cy="8" r="5.5" stroke-dasharray="2.6 2.2"/>',
  running: '<path d="M13.5 8a5.5 5.5 0 1 1-3.2-5"/>',
  delivering: '<path d="M2.5 8h10M9 4.5 12.5 8 9 11.5"/>',
  done: '<path d="m3 8.5 3.2 3.2L13 4.8"/>',
  held: '<path d="M6 4v8M10 4v8"/>',
  failed: '<path d="m4.5 4.5 7 7M11.5 4.5l-7 7"/>',
  superseded: '<path d="M4 8h8"/>',
  warning: '<path d="M8 2.5 14 13H2L8 2.5ZM8 6.5v3M8 11.2v.1"/>',
  info: '<circle cx="8" cy="8" r="5.8"/><path d="M8 7.4v3.4M8 5v.1"/>',
  back: '<path d="M9.5 4 5.5 8l4 4"/>',
  out: '<path d="M6 3.5H3.5v9h9V10M9 3.5h3.5V7M12.5 3.5l-5 5"/>',
} as const

export type Icon = keyof typeof PATHS

export function icon(name: Icon): Html {
  return html`<svg class="icon icon-${name}" viewBox="0 0 16 16" aria-hidden="true">${raw(PATHS[name])}</svg>`
}

export const STATE_ICONS: Record<AnalysisState, Icon> = {
  queued: 'waiting',
  running: 'running',
  analysed: 'delivering',
  delivered: 'done',
  held: 'held',
  superseded: 'superseded',
}

export const LEG_ICONS: Record<LegState, Icon> = { waiting: 'waiting', done: 'done', failed: 'failed' }

/** The logo: a bridge over a ring, in the current colour. */
export function mark(): Html {
  return html`<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="9.2"></circle><path d="M4 15.5c3.2-6.6 12.8-6.6 16 0M8.2 11.6v4.6M12 10.5v5.7M15.8 11.6v4.6"></path></svg>`
}
