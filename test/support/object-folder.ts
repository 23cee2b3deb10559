// A folder for the objects of one test file, removed after its tests.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

export interface ObjectFolder {
  folder: string
  at(name: string): string
  /** Returns the path. */
  write(name: string, bytes: Uint8Array): string
}

export function objectFolder(): ObjectFolder {
  const folder = mkdtempSync(join(tmpdir(), 'gliabridge-objects-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const at = (name: string) => join(folder, name)
  const write = (name: string, bytes: Uint8Array) => {
    writeFileSync(at(name), bytes)
    return at(name)
  }
  return { folder, at, write }
}
