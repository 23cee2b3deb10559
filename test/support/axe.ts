// What axe-core finds on the page that a tab shows, at the sizes at which people read it.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Tab } from './browser.ts'

/** The usual one, two tablets, and 200 % zoom of the usual one. */
export const SIZES = [
  [1280, 720],
  [1024, 768],
  [768, 1024],
  [640, 360],
] as const

/** Serious and critical findings; scrolling sideways counts as one. */
export async function seriousFindings(tab: Tab): Promise<string[]> {
  await tab.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
  const violations = await tab.evaluate<string[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => id + ' ' + nodes[0].html.slice(0, 120)))`,
  )
  const isTooWide = await tab.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')
  return isTooWide ? [...violations, 'the page scrolls sideways'] : violations
}
