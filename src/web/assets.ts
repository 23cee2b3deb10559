// Stylesheet, script and icon, under names that change with their content, so that browsers may cache them for ever.
import { sha256Of } from '../domain/digest.ts'
import { LIVE_SCRIPT } from './live-script.ts'
import { STYLE_BASE } from './style-base.ts'
import { STYLE_BOARD } from './style-board.ts'
import { STYLE_CONCORDANCE } from './style-concordance.ts'
import { STYLE_STUDY } from './style-study.ts'
import { STYLE_VIEWER } from './style-viewer.ts'

export interface Asset {
  path: string
  mediaType: string
  body: string
}

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#0b7c93" stroke-width="1.9" stroke-linecap="round"><circle cx="12" cy="12" r="9.2"/><path d="M4 15.5c3.2-6.6 12.8-6.6 16 0M8.2 11.6v4.6M12 10.5v5.7M15.8 11.6v4.6"/></svg>`

const style = asset(
  'style',
  'css',
  'text/css; charset=utf-8',
  `${STYLE_BASE}${STYLE_STUDY}${STYLE_VIEWER}${STYLE_BOARD}${STYLE_CONCORDANCE}`,
)
const script = asset('live', 'js', 'text/javascript; charset=utf-8', LIVE_SCRIPT)
const icon = asset('icon', 'svg', 'image/svg+xml', ICON)

export const ASSETS: readonly Asset[] = [style, script, icon]
export const ASSET_PATHS = { style: style.path, script: script.path, icon: icon.path }

function asset(name: string, extension: string, mediaType: string, body: string): Asset {
  const digest = sha256Of(body).slice(0, 12)
  return { path: `/assets/${name}-${digest}.${extension}`, mediaType, body }
}
