// docs/errors.md lists the catalogue of errors, code by code; this keeps the two the same.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ERRORS } from '../src/domain/errors.ts'

it('documents every error code with its class and hint', () => {
  const text = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| (\w+) \| (.+) \|$/gm)].map((m) => [m[1], m[2], m[3]])
  expect(rows).toEqual(Object.entries(ERRORS).map(([code, [kind, hint]]) => [code, kind, hint]))
})
