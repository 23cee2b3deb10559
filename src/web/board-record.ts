// The question of the order and the tumour board's last decision, with links to the record; for whoever decides on the images first.
import { html } from 'hono/html'
import { baseUrlOf } from '../domain/base-url.ts'
import type { BoardRecord } from '../domain/board-record.ts'
import { ENGLISH } from '../wording/languages/en.ts'
import type { Part } from './html.ts'

/** `recordUrl` is the FHIR base of the EHR, which the references are relative to. */
export function boardRecordPart(boardRecord: BoardRecord | undefined, recordUrl: string | undefined): Part {
  const { question, decision } = boardRecord ?? {}
  if (!question && !decision) return ''
  const { board } = ENGLISH
  const row = (name: string, { text, reference }: { text: string; reference: string }) => {
    const source = recordUrl
      ? html`<a href="${baseUrlOf(recordUrl)}/${reference}">${reference}</a>`
      : html`${reference}`
    return html`<div><dt>${name}</dt><dd>${text} <small class="muted">${source}</small></dd></div>`
  }
  return html`<dl class="facts">${question ? row(board.question, question) : ''}${decision ? row(board.decided(decision.date), decision) : ''}</dl>`
}
