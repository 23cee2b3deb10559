// The tag of a release says what it brings and what belongs to it; there is none without a section of the changelog.
import { expect, it } from 'vitest'
import { sectionOf, tagMessage } from '../../scripts/release/tag.ts'

const CHANGELOG = `# Changelog

## Unreleased
- Later.

## 0.2.0
- One thing,
  on two lines.
- Another.

## 0.1.0
`

it('has the section of its version, whole and alone', () => {
  const section = sectionOf(CHANGELOG, '0.2.0')
  expect(section).toBe('- One thing,\n  on two lines.\n- Another.')
  expect(tagMessage('gliabridge', '0.2.0', section, ['ab  a.tgz', 'cd  b.json'])).toBe(
    `gliabridge 0.2.0\n\n${section}\n\nSHA-256 of the files of the release:\nab  a.tgz\ncd  b.json\n`,
  )
})

it.each(['0.3.0', '0.1.0', '0.2', 'Unreleased and more'])(
  'is refused where the changelog says nothing of %s',
  (version) => {
    expect(() => sectionOf(CHANGELOG, version)).toThrow(`CHANGELOG.md has no section "## ${version}"`)
  },
)
