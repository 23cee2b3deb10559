// With or without contrast agent, as descriptions and agent texts say it: our own words, by language.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agentText, contrastWords } from '../../../src/inference/series/contrast-words.ts'

const each = (text: string) => text.split('|').map((one) => one.trim())

describe('a description', () => {
  it.each(
    each(
      `T1 without iv contrast | T1 not enhanced | ax t1 w/out gad | T1 no IV contrast | t1 pre-Gd | T1 CE(-) | T1 C- sag | T1 -KM | T1 Dotarem - |
      T1 ohne jedes KM | T1 vor KM-Gabe | T1 KM nein | T1 nativ | T1 sans injection de gadolinium | T1 avant contraste | T1 non injectée | T1 sin gadolinio |
      T1 antes de contraste | T1 s/gd | T1 sem contraste | T1 senza m.d.c. | T1 prima di mdc | T1 zonder gado | T1 voor contrast | T1 utan kontrast | T1 före kontrast |
      T1 uden kontrast | T1 før kontrast | T1 u.k. | T1 uten kontrast | T1 bez kontrastu | T1 przed podaniem KM | T1 bez k.l. | T1 před k.l. | T1 kontrastsız | T1 kontrast öncesi |
      T1 без контраста | T1 до введения контраста | T1 造影前 | T1 造影せず | T1 非造影 | T1 未强化 | T1 平扫 | T1 조영전 | T1 조영 없이 | T1W 非造影 | T1W_PRE_CONTRAST | T1 s/ cte | T1 C(-) | T1 N/C | T1 KM neg | T1 brez kontrasta |
      T1 prije kontrasta | T1 преди контраст | T1 pries kontrasto | T1 ilma kontrastita | T1 tanpa kontras | T1 không đối quang từ | T1 ללא חומר ניגוד | preGd T1 | nonGad T1 | T1 χωρίς σκιαγραφικό`,
    ),
  )('%s: without', (text) => expect(contrastWords(text)).toBe('without'))

  it.each(
    each(
      `T1 with contrast | T1 post FS | T1 +Gd | T1 KM+ | T1 C+ | T1-KM | T1 KM-tra | sagT1post | t1ce | T1 after gad, no FS | T1 nach KM | T1 mit i.v. KM |
      T1 après gadolinium | T1 avec injection | T1 con contraste | T1 tras gadolinio | T1 com contraste | T1 dopo m.d.c. | T1 na contrast | T1 met gado | T1 efter kontrast |
      T1 etter kontrast | T1 po kontraście | T1 po k.l. | T1 kontrastlı | T1 kontrast sonrası | T1 с контрастом | T1 после введения контраста | T1 造影後 | T1 造影あり |
      T1 增强后 | T1WI增强 | T1 조영후 | T1 post Gadovist w/o FS | T1 kontraszt után |
      AX T1 WITH | T1W Gd | T1 nakon kontrasta | T1 след контраст | T1 su kontrastu | T1 setelah kontras | T1 có thuốc đối quang từ | T1 עם גדוליניום | T1 C(+) | F/U T1 +C | T1 S/P surgery +C | b/l T1 Gd`,
    ),
  )('%s: with', (text) => expect(contrastWords(text)).toBe('with'))

  it.each(
    each(
      `T1 tra | T1 posterior fossa | T1 post op | T1 preop | T1 w/o FS | T2 C-spine | AX T1 no 3 | phase contrast | T1 MPRAGE | T1 F/U | T1 s/p op | C/O T1 | s3DI_MC_HR | T1 cor`,
    ),
  )('%s: says nothing', (text) => expect(contrastWords(text)).toBeUndefined())

  it.each(
    each(
      `T1 +/- Gd | T1 w/wo contrast | T1 pre and post Gd | T1 mit und ohne KM | T1 nativ + KM | t1- KM | T1 KM nicht angewinkelt | T1 s kontrastom`,
    ),
  )('%s: is unclear', (text) => expect(contrastWords(text)).toBe('unclear'))

  it('is never turned into its opposite by what stands around it', () => {
    const filler = fc.constantFrom('', 'ax', 'SAG', '3D', 'tra 5mm', 'Kopf', 'iso', 'p2')
    const qualified = fc.constantFrom(
      'ohne KM',
      'w/o Gd',
      'senza mdc',
      'sin contraste',
      '造影なし',
      'KM-',
      'bez KM',
      'non injecté',
    )
    fc.assert(
      fc.property(filler, qualified, filler, fc.constantFrom('T1', 'T1w', 't1_mprage'), (a, words, b, name) => {
        expect(contrastWords(`${a} ${name} ${words} ${b}`)).not.toBe('with')
      }),
    )
  })
})

describe('the text of ContrastBolusAgent', () => {
  it.each(
    each(
      `NO CONTRAST | W/O | nil | None | N/A | - | 0 | 0 ml | Not given | ohne | Keins | sans | brak | нет | なし | 无 | Dotarem (not given) | contrast: no`,
    ),
  )('%s: no agent', (text) => expect(agentText(text)).toBe('denied'))

  it.each(each(`Gadovist | GADAVIST 7.5 ml | Gd | MULTIHANCE | 15cc Gad | YES | IV | contrast given | Prohance i.v.`))(
    '%s: an agent',
    (text) => expect(agentText(text)).toBe('given'),
  )

  it.each(['', ' ', 'unknown', 'saline', 'with/without'])('"%s": says nothing', (text) =>
    expect(agentText(text)).toBeUndefined(),
  )
})
