// gliabridge notices: asks the service that runs, prints a line for each with its reason, and has one sent again.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { noticesCommand } from '../../src/cli/commands/notices.ts'
import type { KeptNotice } from '../../src/domain/ports/notices.ts'
import { noticeTitle } from '../../src/wording/notices.ts'
import { failedNotice } from '../support/sample-notice.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const step of undo.splice(0)) await step()
})

const notice: KeptNotice = {
  ...failedNotice,
  lastError: { code: 'NOTICE_REFUSED', message: 'refused (550)', at: '2026-03-01T05:00:00.000Z' },
}

/** Runs it against a service that answers so; what was asked, and what was printed. */
async function run(options: Parameters<typeof noticesCommand>[1], answer: unknown) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const folder = await mkdtemp(join(tmpdir(), 'gliabridge-notices-'))
  undo.push(
    () => server.close(),
    () => rm(folder, { recursive: true }),
  )
  const file = join(folder, 'site.json')
  const settings = {
    pacs: { url: 'http://pacs.example/dicom-web' },
    ehr: { url: 'http://ehr.example/fhir', identifierSystem: 'urn:x', analysisSystem: 'urn:y' },
    http: { port: (server.address() as AddressInfo).port },
  }
  await writeFile(file, JSON.stringify(settings))
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  await noticesCommand(file, options)
  const text = printed.mock.calls.map(([said]) => String(said)).join('')
  printed.mockRestore()
  return { asked, text }
}

const LINE = `2026-03-01 03:20 a1b2 failed after 12 attempts: night desk: ${noticeTitle(notice.items)}; NOTICE_REFUSED: refused (550)\n`

it('lists what was given up, with the reason', async () => {
  const { asked, text } = await run({ state: 'failed' }, { notices: [notice] })
  expect(asked).toEqual(['GET /api/notices?state=failed'])
  expect(text).toBe(LINE)
})

it('has one sent again', async () => {
  const { asked, text } = await run({ again: 'a1b2' }, { ...notice, state: 'waiting', attempts: 0 })
  expect(asked).toEqual(['POST /api/notices/a1b2/again'])
  expect(text).toContain('waiting after 0 attempts')
})
