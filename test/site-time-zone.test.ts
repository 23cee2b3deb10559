// By which zone the clocks of the site go, where images state none.
import { expect, it } from 'vitest'
import { siteTimeZone } from '../src/compose-watch.ts'

it('is that of the settings, and that of the machine where they name none', () => {
  expect(siteTimeZone({ institution: { name: 'Clinic', timeZone: 'Asia/Tokyo' } })).toBe('Asia/Tokyo')
  expect(siteTimeZone({ institution: { name: 'Clinic' } })).toBe(new Intl.DateTimeFormat().resolvedOptions().timeZone)
})
