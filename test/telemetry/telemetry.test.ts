// Logs hold only what is on the list, metrics are valid exposition text, measured runs say time and memory.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { isKnownField, safeFields } from '../../src/telemetry/fields.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { measureRun, readPeakBytes } from '../../src/telemetry/resources.ts'
import { sampleMetrics } from '../support/sample-metrics.ts'

describe('the log', () => {
  const written = (level: 'info' | 'warn') => {
    const lines: string[] = []
    return { lines, log: createLog(level, { write: (line) => void lines.push(line) }) }
  }

  it('writes one JSON object per line', () => {
    const { lines, log } = written('info')
    log.warn({ analysisId: 'ab12', code: 'EHR_ERROR', attempts: 3 }, 'delivery failed, later again')
    const { time, ...line } = JSON.parse(lines[0]!)
    expect(line).toEqual({
      level: 'warn',
      analysisId: 'ab12',
      code: 'EHR_ERROR',
      attempts: 3,
      msg: 'delivery failed, later again',
    })
    expect(Date.parse(time)).toBeGreaterThan(0)
  })

  it('keeps to its level', () => {
    const { lines, log } = written('warn')
    log.info({}, 'quiet')
    log.error({}, 'loud')
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['loud'])
  })

  it('names what it withholds and never shows it', () => {
    const { lines, log } = written('info')
    log.info(
      {
        patientName: 'Doe^Jane',
        patientId: 'MRN-4711',
        studyInstanceUid: 'Doe',
        code: 'Doe Jane',
        reason: 'Doe^Jane',
        age: 61,
        analysisId: 'ok',
      },
      'x',
    )
    expect(lines[0]).not.toMatch(/Doe|4711|61/)
    expect(JSON.parse(lines[0]!)).toMatchObject({
      analysisId: 'ok',
      withheld: ['patientName', 'patientId', 'studyInstanceUid', 'code', 'reason', 'age'],
    })
  })

  it('knows every field that the source logs', () => {
    const src = fileURLToPath(new URL('../../src', import.meta.url))
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const unknown: string[] = []
    let seen = 0
    for (const name of files) {
      const text = readFileSync(join(src, name), 'utf8')
      for (const [, fields] of text.matchAll(
        /\b(?:log\.(?:info|warn|error)\(|tracing\.span\([^,]+,)\s*\{([^{}]*)\}/g,
      )) {
        for (const [, field] of fields!.matchAll(/(?:^|,)\s*([a-zA-Z]\w*)\s*(?=[:,]|$)/g)) {
          seen += 1
          if (!isKnownField(field!)) unknown.push(`${name}: ${field}`)
        }
      }
    }
    expect(seen).toBeGreaterThan(10)
    expect(unknown).toEqual([])
  })

  it('allows names by list, numbers by kind', () => {
    expect(safeFields({ afterSeconds: 4, instances: 3, provider: 'cpu', room: 7 })).toEqual({
      fields: { afterSeconds: 4, instances: 3, provider: 'cpu' },
      withheld: ['room'],
    })
  })
})

it('renders metrics that a Prometheus parser takes', () => {
  const text = sampleMetrics()
  expect(text.endsWith('\n')).toBe(true)
  for (const line of text.trimEnd().split('\n')) {
    expect(line).toMatch(
      /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="(\\.|[^"\\])*"(,[a-z]+="(\\.|[^"\\])*")*\})? \d+(\.\d+)?(e[+-]?\d+)?)$/,
    )
  }
  expect(text).toContain('gliabridge_analyses{state="held"} 2\n')
  expect(text).toContain('gliabridge_legs{leg="ehr",state="failed"} 2\n')
  expect(text).toContain('gliabridge_peer_up{peer="ehr"} 0\n')
  expect(text).toContain('gliabridge_peer_seconds_since_good{peer="ehr"} 900\n')
  expect(text).toContain('gliabridge_step_seconds_sum{step="seg\\"ment\\\\"} 4.5\n')
})

it('measures time and peak memory of a run', async () => {
  const run = await measureRun(
    async () => {
      const block = Buffer.alloc(80_000_000, 1)
      await new Promise((resolve) => setTimeout(resolve, 50))
      return block.length
    },
    () => [process.pid],
    10,
  )
  expect(run.value).toBe(80_000_000)
  expect(run.seconds).toBeGreaterThan(0.03)
  expect(run.peakBytes).toBeGreaterThan(80_000_000)
  if (process.platform === 'linux') expect(await readPeakBytes(process.pid)).toBeGreaterThan(10_000_000)
  expect(await readPeakBytes(2 ** 22)).toBeUndefined()
})
