// Which model a bundle is: prose does not count, and whatever computes does.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { modelDigest } from '../../../src/inference/bundle/model-digest.ts'

type Manifest = Record<string, unknown> & { files: Record<string, { sha256: string; bytes: number }> }
const read = () =>
  JSON.parse(
    readFileSync(new URL('../../golden/inference/tiny-bundle/bundle.json', import.meta.url), 'utf8'),
  ) as Manifest
const digest = modelDigest(read())

describe('the digest of a model', () => {
  it.each([
    [
      'a word in the card',
      (one: Manifest) => Object.assign(one.files['card.md']!, { sha256: '0'.repeat(64), bytes: 9 }),
    ],
    ['the version', (one: Manifest) => Object.assign(one, { version: '9.9.9' })],
    ['the intended use', (one: Manifest) => Object.assign(one, { intended_use: 'Another sentence.' })],
    ['figures of the evaluation', (one: Manifest) => Object.assign(one, { evaluation: { dice: 0.9 } })],
  ])('stays the same with %s', (_what, change) => {
    const one = read()
    change(one)
    expect(modelDigest(one)).toBe(digest)
  })

  it('does not hang on the order of keys', () => {
    const reversed = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(reversed)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([key, each]) => [key, reversed(each)]),
            )
          : value
    expect(modelDigest(reversed(read()) as Manifest)).toBe(digest)
  })

  it.each([
    ['weights', (one: Manifest) => Object.assign(one.files['segmentation.onnx']!, { sha256: '0'.repeat(64) })],
    ['labels', (one: Manifest) => Object.assign(one, { labels: [] })],
    ['the order of the labels', (one: Manifest) => (one.labels as unknown[]).reverse()],
    ['a limit', (one: Manifest) => Object.assign(one.postprocess as object, { min_component_ml: 7 })],
    ['a key that is new', (one: Manifest) => Object.assign(one, { something_new: 1 })],
  ])('changes with %s', (_what, change) => {
    const one = read()
    change(one)
    expect(modelDigest(one)).not.toBe(digest)
  })
})
