// For a study on hold because pixels and headers disagree: a picture of each series, for the person who must say what it is.
import { html } from 'hono/html'
import type { AnalysisRecord } from '../domain/analysis.ts'
import { SHORT_SEQUENCE_NAMES } from '../wording/names.ts'
import type { Part } from './html.ts'

/** Empty unless the analysis is on hold for that reason. */
export function doubtPictures(record: AnalysisRecord, path: string): Part {
  const { pictures = [] } = record.summary ?? {}
  if (record.hold?.code !== 'SERIES_CONTRADICTION' || pictures.length === 0) return ''
  const figures = pictures.map(({ sequence, seriesNumber, seriesInstanceUid }, n) => {
    const name = `Series ${seriesNumber || '(no number)'}`
    const claim = sequence
      ? `${SHORT_SEQUENCE_NAMES[sequence]} by its headers`
      : 'with or without contrast, its headers do not say'
    return html`<figure><img src="${path}/doubt/${n}.png" width="192" height="192" alt="${name}, ${claim}: axial slice through its middle"><figcaption>${name}: ${claim}<small class="uid">${seriesInstanceUid}</small></figcaption></figure>`
  })
  return html`<div class="doubt">${figures}</div>`
}
