// Runs the demo command against a real Orthanc, as a separate process, and reads the result it reports.
import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DemoResult } from '../demo/demo.ts'
import type { TestOrthanc } from '../test/support/orthanc.ts'

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

/** Analyses the generated study, or the one named in `extra`, started as a user would. */
export async function runDemo(orthanc: TestOrthanc, folder: string, extra: string[]): Promise<DemoResult> {
  const json = join(folder, 'out.json')
  const args = [
    '--disable-warning=ExperimentalWarning',
    MAIN,
    'demo',
    '--exit',
    '--json',
    json,
    '--port',
    '0',
    '--pacs',
    orthanc.url,
    ...extra,
  ]
  const env = { ...process.env, GLIABRIDGE_PACS_USERNAME: orthanc.username, GLIABRIDGE_PACS_PASSWORD: orthanc.password }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'inherit'] })
  await new Promise((resolve) => child.once('exit', resolve))
  const result = JSON.parse(await readFile(json, 'utf8')) as DemoResult
  await rm(json)
  return result
}
