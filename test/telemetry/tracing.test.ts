// Traces as a collector gets them: one of a study in every process, no patient data, and a collector that is away harms nothing.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ExportResultCode } from '@opentelemetry/core'
import { getGlobalDispatcher, setGlobalDispatcher } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { createDispatcher } from '../../src/outgoing.ts'
import { watchExports } from '../../src/telemetry/export-watch.ts'
import { type OpenTracing, openTracing } from '../../src/telemetry/tracing.ts'
import { createKeptLog } from '../support/quiet-log.ts'
import { startTraceCollector, type TraceCollector } from '../support/trace-collector.ts'

const STUDY = '1.2.826.0.1.3680043.8.498.1'
let collector: TraceCollector
let log: ReturnType<typeof createKeptLog>
let tracing: OpenTracing
const open = () => openTracing({ url: collector.url, version: '0.1.0', log })

beforeEach(async () => {
  collector = await startTraceCollector()
  log = createKeptLog()
  tracing = open()
})
afterEach(async () => {
  await tracing.close()
  await collector.close()
})

const named = (name: string) => collector.spans.find((span) => span.name === name)!

describe('traces', () => {
  it('nest as the work does, also where it waits, and side by side', async () => {
    const pause = () => new Promise((resolve) => setTimeout(resolve, 5))
    const outer = (name: string) =>
      tracing.span(name, {}, async () => {
        await pause()
        await tracing.span(`${name} inside`, {}, pause)
      })
    await Promise.all([outer('a'), outer('b')])
    await tracing.close()
    for (const name of ['a', 'b']) {
      expect(named(`${name} inside`).parentSpanId).toBe(named(name).spanId)
      expect(named(`${name} inside`).traceId).toBe(named(name).traceId)
    }
    expect(named('a').traceId).not.toBe(named('b').traceId)
  })

  it('puts all of a study below its first span, in whatever process and order', async () => {
    await tracing.span('notice', {}, async () => undefined, { study: STUDY })
    await tracing.span('register', {}, async () => undefined, { study: STUDY, first: true })
    const other = open()
    await other.span('analyse', {}, async () => undefined, { study: STUDY })
    await other.span('analyse another', {}, async () => undefined, { study: `${STUDY}.2` })
    await Promise.all([tracing.close(), other.close()])
    const { traceId, spanId, parentSpanId } = named('register')
    expect(parentSpanId).toBeUndefined()
    for (const name of ['notice', 'analyse']) expect(named(name)).toMatchObject({ traceId, parentSpanId: spanId })
    expect(named('analyse another').traceId).not.toBe(traceId)
    expect(named('analyse another').spanId).not.toBe(spanId)
  })

  it('hands its context on and takes what another process measured', async () => {
    await tracing.span('segment', {}, async () => {
      const context = tracing.current()!
      expect(context).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
      const startedAt = Date.now() - 60_000
      const part = { name: 'stage', startedAt, endedAt: startedAt + 2500, fields: { step: 'whole' }, parts: [] }
      const whole = { ...part, name: 'run', endedAt: startedAt + 4000, fields: { pid: 7 }, parts: [part] }
      tracing.record('inference', context, whole)
    })
    expect(tracing.current()).toBeUndefined()
    await tracing.close()
    expect(named('run')).toMatchObject({
      service: 'gliabridge-inference',
      traceId: named('segment').traceId,
      parentSpanId: named('segment').spanId,
      attributes: { pid: 7 },
      seconds: 4,
    })
    expect(named('stage')).toMatchObject({
      parentSpanId: named('run').spanId,
      seconds: 2.5,
      attributes: { step: 'whole' },
    })
  })

  it('points to the span of whoever asked, and takes no context that is none', async () => {
    const asking = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
    const ask = (name: string, askedBy: string) =>
      tracing.span(name, {}, async () => undefined, { study: STUDY, askedBy })
    await ask('hint', `00-${asking.join('-')}-01`)
    await ask('odd hint', 'Doe^Jane')
    await tracing.close()
    expect(named('hint').links).toEqual([asking.join(' ')])
    expect(named('odd hint').links).toEqual([])
  })

  it('say which error ended them, and nothing of its message or of a patient', async () => {
    const fields = { analysisId: 'ab12', patientName: 'Doe^Jane', code: 'Doe Jane', age: 61 }
    const failing = tracing.span('leg', fields, async () => {
      throw new AppError('EHR_ERROR', 'of Doe^Jane, MRN-4711')
    })
    await expect(failing).rejects.toThrow('MRN-4711')
    await expect(tracing.span('odd', {}, () => Promise.reject(new TypeError('Doe')))).rejects.toThrow('Doe')
    await tracing.close()
    expect(named('leg')).toMatchObject({ failed: true, attributes: { analysisId: 'ab12', code: 'EHR_ERROR' } })
    expect(named('odd')).toMatchObject({ failed: true, attributes: { code: 'INTERNAL' } })
    expect(collector.bodies.join()).not.toMatch(/Doe|MRN|TypeError|"age"/)
  })

  it('harm nothing while the collector is away', async () => {
    collector.answer(400)
    await tracing.span('a', {}, async () => undefined)
    await tracing.close()
    expect(log.lines).toMatchObject([
      { level: 'warn', message: 'the trace collector does not accept spans; they are dropped' },
    ])
  })

  it('go through the proxy of the environment, as all our requests do', async () => {
    const asked: string[] = []
    // It stands for every host, so that a request that passed it by would reach nobody.
    const proxy = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      request.pipe(response)
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const before = getGlobalDispatcher()
    setGlobalDispatcher(createDispatcher({ HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }))
    try {
      const proxied = openTracing({ url: 'http://collector.invalid:4318/v1/traces', version: '0.1.0', log })
      await proxied.span('a', {}, async () => undefined)
      await proxied.close()
    } finally {
      await getGlobalDispatcher().close()
      setGlobalDispatcher(before)
      proxy.close()
    }
    expect(asked).toEqual(['POST http://collector.invalid:4318/v1/traces'])
    expect(log.lines).toEqual([])
  })

  it('say once that the collector is away, and once that it is back', () => {
    const answers = [
      ExportResultCode.FAILED,
      ExportResultCode.FAILED,
      ExportResultCode.SUCCESS,
      ExportResultCode.SUCCESS,
    ]
    const exporter = watchExports(
      { export: (_spans, done) => done({ code: answers.shift()! }), shutdown: async () => undefined },
      log,
    )
    for (let n = 0; n < 4; n += 1) exporter.export([], () => undefined)
    expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
  })
})
