// What the pages serve of the font packages: every script, by the browser's choice of subset, and no other file of this machine.
import { describe, expect, it } from 'vitest'
import { FAMILIES } from '../../src/fonts/families.ts'
import { createWebFonts } from '../../src/fonts/web-fonts.ts'
import { sampleApp } from '../support/sample-app.ts'

/** The faces of the stylesheet whose range holds the character, as a browser reads it. */
function facesFor(css: string, character: string): string[] {
  const code = character.codePointAt(0)!
  return [...css.matchAll(/@font-face \{ font-family: "([^"]+)";.*?url\(([^)]+)\).*?unicode-range: ([^;]+);/g)].flatMap(
    ([, family, url, ranges]) => {
      const holds = ranges!.split(',').some((range) => {
        const [first, last = first] = range.trim().slice(2).split('-')
        return code >= Number.parseInt(first!, 16) && code <= Number.parseInt(last!, 16)
      })
      return holds ? [`${family} ${url}`] : []
    },
  )
}

describe('web fonts', () => {
  const fonts = createWebFonts()

  it.each([
    '山',
    'や',
    '길',
    '東',
    'श',
    'র',
    'ல',
    'శ',
    'ಲ',
    'ക',
    'ન',
    'ਗ',
    'ଓ',
    'ශ',
    'ភ',
    'ນ',
    'အ',
    'አ',
    'გ',
    'Ա',
    'น',
    'ד',
    'م',
    'Ж',
  ])('have a file for %s, which is there', async (character) => {
    const [face] = facesFor(await fonts.stylesheet(), character)
    const [, , , family, version, name] = face!.split(' ')[1]!.split('/')
    const bytes = await fonts.file(family!, version!, name!)
    expect(Buffer.from(bytes!.subarray(0, 4)).toString()).toBe('wOF2')
  })

  it('come with their licences, and nothing else comes', async () => {
    const css = await fonts.stylesheet()
    for (const { prefix } of FAMILIES) {
      const [, version] = new RegExp(`/${prefix}/([0-9.]+)/LICENSE`).exec(css)!
      const licence = new TextDecoder().decode(await fonts.file(prefix, version!, 'LICENSE'))
      expect(licence).toContain('SIL Open Font License')
      for (const name of ['package.json', '../package.json', 'unicode.json', ''])
        expect(await fonts.file(prefix, version!, name)).toBeUndefined()
      expect(await fonts.file(prefix, '0.0.1', 'LICENSE')).toBeUndefined()
    }
    expect(await fonts.file('..', '5.3.0', 'LICENSE')).toBeUndefined()
  })

  it('are allowed by the content policy, from this service alone, and kept by browsers', async () => {
    const { app } = sampleApp()
    const page = await app.request('/', { headers: { host: 'localhost' } })
    expect(page.headers.get('content-security-policy')).toContain("font-src 'self';")
    expect(await page.text()).toContain('<link rel="stylesheet" href="/assets/fonts.css">')
    const css = await app.request('/assets/fonts.css', { headers: { host: 'localhost' } })
    expect([css.status, css.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8'])
    const url = facesFor(await css.text(), '山')[0]!.split(' ')[1]!
    const font = await app.request(url, { headers: { host: 'localhost' } })
    expect([font.status, font.headers.get('content-type'), font.headers.get('cache-control')]).toEqual([
      200,
      'font/woff2',
      'public, max-age=31536000, immutable',
    ])
    expect((await app.request('/assets/fonts/noto-sans-jp/1/x.woff2', { headers: { host: 'localhost' } })).status).toBe(
      404,
    )
  })
})
