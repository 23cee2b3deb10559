import { describe, expect, it } from 'vitest'
import { fontFiles } from '../../src/fonts/files.ts'
import { openFonts } from '../../src/reports/fonts.ts'
import { clustersOf, codePointsOf, hanRegion, isDrawable, visualRuns } from '../../src/reports/scripts.ts'
import { createMeasurer } from '../../src/reports/text.ts'

const style = { size: 10, weight: 'regular' } as const

/** Names in every script that a DICOM Specific Character Set can hold (PS3.3 C.12.1.1.2). */
const NAMES = {
  'Latin 1': 'Sørensen, Åse',
  'Latin 2': 'Dvořák, Květoslava Łucja',
  Vietnamese: 'Nguyễn Thị Ánh',
  Cyrillic: 'Щербакова, Юлія Ґалаган',
  Greek: 'Παπαδόπουλος, Γεώργιος',
  Hebrew: 'שרון, דוד',
  Arabic: 'محمد أحمد عبد الرحمن',
  Thai: 'สมชาย ใจดี',
  Japanese: '髙﨑 𠮷次 やまだ タロウ',
  Korean: '홍 길동 洪 吉洞',
  'simplified Chinese': '王 小东',
  'traditional Chinese': '陳 龍國',
}

/** Names that only an archive with ISO_IR 192 can hold, and in each a letter that is drawn before the one that it follows. */
const UNICODE_NAMES: Record<string, [name: string, reordered?: string]> = {
  Devanagari: ['श्रीमती अनुष्का शर्मा', 'कि'],
  Bengali: ['রবীন্দ্রনাথ বন্দ্যোপাধ্যায়', 'কে'],
  Gurmukhi: ['ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ', 'ਕਿ'],
  Gujarati: ['નરેન્દ્ર કૃષ્ણ', 'કિ'],
  Oriya: ['ଓଡ଼ିଆ ଶ୍ରୀମତୀ', 'କେ'],
  Tamil: ['லட்சுமி முருகன்', 'கெ'],
  Telugu: ['శ్రీనివాస్ లక్ష్మి'],
  Kannada: ['ಲಕ್ಷ್ಮೀ ಕೃಷ್ಣಮೂರ್ತಿ'],
  Malayalam: ['ഉണ്ണികൃഷ്ണൻ ലക്ഷ്മി', 'കെ'],
  Sinhala: ['ශ්\u200dරී ක්\u200dරිෂ්ණ', 'කෙ'],
  Khmer: ['ភ្នំពេញ ស្រីមុំ', 'កេ'],
  Lao: ['ນ້ຳ ແກ້ວ ສົມພອນ'],
  Myanmar: ['အောင်ဆန်းစုကြည် ရွှေ', 'ကေ'],
  Ethiopic: ['አበበ ቢቂላ'],
  Georgian: ['გიორგი მეფე'],
  Armenian: ['Արամ Խաչատրյան'],
}

describe('scripts', () => {
  it.each(Object.entries(UNICODE_NAMES).flatMap(([script, [name]]) => [[script, name]] as const))(
    'has letter shapes for %s in both weights, joined as they are spelt',
    async (_, name) => {
      const library = await openFonts(fontFiles, [name])
      const measurer = createMeasurer(library)
      for (const weight of ['regular', 'bold'] as const)
        expect(measurer.fit(name, { size: 10, weight }, 1000).text).toBe(name.normalize('NFC'))
      expect(measurer.unreadable.size).toBe(0)
    },
  )

  it.each(Object.entries(UNICODE_NAMES).flatMap(([script, [, pair]]) => (pair ? [[script, pair] as const] : [])))(
    'draws the %s vowel before the consonant that it follows',
    async (_, pair) => {
      const { font } = (await openFonts(fontFiles, [pair])).faceFor(pair, 'regular')!
      const [consonant, vowel] = Array.from(pair, (character) => font.glyphForCodePoint(character.codePointAt(0)!).id)
      const [first, second, ...more] = font.layout(pair).glyphs.map(({ id }) => id)
      expect(more).toEqual([])
      // One of the two may be a variant that fits the other.
      expect([first === vowel || second === consonant, first === consonant, second === vowel]).toEqual([
        true,
        false,
        false,
      ])
    },
  )

  it.each(Object.entries(NAMES))('has letter shapes for %s in both weights', async (_, name) => {
    const library = await openFonts(fontFiles, [name])
    for (const weight of ['regular', 'bold'] as const) {
      const measurer = createMeasurer(library)
      const line = measurer.fit(name, { size: 10, weight }, 1000)
      expect(measurer.unreadable.size).toBe(0)
      expect(line.text).toBe(name)
      expect(line.width).toBeGreaterThan(20)
    }
  })

  it('prints code points for what it cannot draw, never a wrong or hidden letter', async () => {
    const name = 'Anna \u202eannA\u202c བོད \ud800 \u0007 A\u200dB'
    const measurer = createMeasurer(await openFonts(fontFiles, [name]))
    const { text } = measurer.fit(name, style, 1000)
    expect(text).toBe('Anna [U+202E]annA[U+202C] [U+0F56 U+0F7C][U+0F51] [U+D800] [U+0007] [U+0041 U+200D]B')
    expect(measurer.unreadable.size).toBe(7)
  })

  it('takes decomposed letters as the composed ones', () => {
    expect(clustersOf('A\u030Ase\tMarie')).toEqual(['Å', 's', 'e', ' ', 'M', 'a', 'r', 'i', 'e'])
    expect(codePointsOf('\u{20bb7}')).toBe('[U+20BB7]')
    expect(isDrawable('\u200b')).toBe(false)
    expect(isDrawable('ی\u200c')).toBe(true)
  })

  it('chooses regional shapes by the scripts in company', () => {
    expect(hanRegion('山田 やまだ')).toBe('jp')
    expect(hanRegion('洪吉洞 홍길동')).toBe('kr')
    expect(hanRegion('王小东')).toBe('sc')
  })

  it('draws right-to-left words from the right, numbers in their own order', () => {
    const order = (text: string) => visualRuns(clustersOf(text)).map((run) => run.clusters.join(''))
    expect(order('Dr. שרון דוד, MD')).toEqual(['Dr. ', 'שרון דוד', ', MD'])
    expect(order('חדר 12 ימין')).toEqual([' ימין', '12', 'חדר '])
    expect(order('plain')).toEqual(['plain'])
  })
})

describe('measured text', () => {
  it('cuts with an ellipsis within the width', async () => {
    const measurer = createMeasurer(await openFonts(fontFiles, ['abcdefghijklmnopqrstuvwxyz ']))
    const line = measurer.fit('the quick brown fox jumps over the lazy dog', style, 90)
    expect(line.text).toMatch(/^the quick.*…$/)
    expect(line.width).toBeLessThanOrEqual(90)
    expect(measurer.fit('', style, 90)).toEqual({ runs: [], width: 0, text: '' })
  })

  it('wraps at spaces, in long words where it must, and between Han characters', async () => {
    const measurer = createMeasurer(await openFonts(fontFiles, ['abcdefghijklmnopqrstuvwxyz 0123456789.', '山田太郎']))
    const texts = (text: string, width: number, most: number) =>
      measurer.wrap(text, style, width, most).map((line) => line.text)
    expect(texts('one two three four', 50, 4)).toEqual(['one two', 'three four'])
    expect(texts('one two three four', 50, 1)[0]).toBe('one two t…')
    expect(texts('2.25.12345678901234567890', 60, 3).join('')).toBe('2.25.12345678901234567890')
    expect(texts('山田太郎山田太郎', 45, 3)).toEqual(['山田太郎', '山田太郎'])
    expect(texts('', 50, 3)).toEqual([])
  })

  it('keeps a number with its unit, its error and the length at right angles, unless the line is too narrow for them', async () => {
    const letters = 'abcdefghijklmnopqrstuvwxyzLG 0123456789.,±×%;°()+'
    const measurer = createMeasurer(await openFonts(fontFiles, [letters]))
    const wrap = (text: string, width: number) => measurer.wrap(text, style, width, 60).map((line) => line.text)
    const quantities = [
      '62.1 mL ± 4.2',
      '+12.3 mL',
      '41.3 × 30.0 mm',
      '91 %',
      '0.4 mm, 1.3°',
      '60 Gy',
      '9 d',
      '12,5 mm (b)',
    ]
    const text = quantities.map((quantity) => `volume of ${quantity}, then`).join(' ')
    const widest = Math.max(...quantities.map((quantity) => measurer.fit(quantity, style, 1000).width))
    for (let width = widest + 12; width < 300; width += 3) {
      const lines = wrap(text, width)
      expect(lines.join(' ')).toBe(text)
      for (const line of lines) {
        expect(line, `at ${width}`).not.toMatch(/[×±]$|^[×±]/)
        expect(line, `at ${width}`).not.toMatch(/^(mL|mm|%|Gy|d)\b/)
      }
    }
    // A word that begins like a unit is none.
    expect(wrap('abcd 12 minutes', measurer.fit('abcd 12 m', style, 1000).width)).toEqual(['abcd 12', 'minutes'])
    expect(wrap('12345 mL', measurer.fit('12345 m', style, 1000).width)).toEqual(['12345', 'mL'])
  })
})
