// config/models/README.md names every key that the manifest may hold, so that it cannot fall behind the schema.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { manifest } from '../../../src/inference/bundle/manifest.ts'

const readme = readFileSync(new URL('../../../config/models/README.md', import.meta.url), 'utf8')

/** Names of properties at any depth. */
function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([name, value]) => [
    ...(name === 'properties' ? Object.keys(value as object) : []),
    ...keysOf(value),
  ])
}

describe('the README of the bundles', () => {
  const keys = [...new Set(keysOf(z.toJSONSchema(manifest)))]

  it('names every key of the manifest as code', () => {
    expect(keys).toEqual(expect.arrayContaining(['schema', 'clip_percentiles', 'blend', 'kaplan_meier', 'carrier_hrf']))
    const code = new Set([...readme.matchAll(/`([^`\n]+)`/g)].map(([, name]) => name))
    expect(keys.filter((key) => !code.has(key))).toEqual([])
  })
})
