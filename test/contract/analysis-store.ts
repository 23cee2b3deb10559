// What every AnalysisStore must do: run on PGlite in unit tests and on a real PostgreSQL in integration.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AnalysisRecord, type AnalysisState, mayBecome, TRANSITIONS } from '../../src/domain/analysis.ts'
import { AppError } from '../../src/domain/errors.ts'
import { HEADS, type Measurement } from '../../src/domain/finding.ts'
import type { Artifact, ArtifactRole } from '../../src/domain/ports/analysis-store.ts'
import type { Clock } from '../../src/domain/ports/clock.ts'
import type { Priority } from '../../src/domain/priority.ts'
import { type PatientIdentity, SEQUENCES, type SeriesDecision, type StudyIdentity } from '../../src/domain/study.ts'
import { type AnalysisRecords, createAnalysisStore } from '../../src/store/analyses.ts'
import type { Database } from '../../src/store/database.ts'
import { createManualClock } from '../support/manual-clock.ts'

const STATES = Object.keys(TRANSITIONS) as AnalysisState[]
const HOLD = { code: 'SERIES_MISSING', message: 'no FLAIR' } as const

const PATIENT: PatientIdentity = {
  patientId: 'P-1',
  issuerOfPatientId: 'KIS',
  patientName: 'Doe^Jane',
  patientBirthDate: '19640817',
  patientSex: 'F',
}
const STUDY: StudyIdentity = {
  studyInstanceUid: '1.2.3',
  studyId: '',
  accessionNumber: 'A1',
  issuerOfAccessionNumber: '',
  studyDate: '20260301',
  studyTime: '030000',
  studyDescription: '',
  referringPhysicianName: '',
}
const LOCALIZER: SeriesDecision = {
  seriesInstanceUid: '1.2.3.1',
  seriesNumber: '1',
  seriesDescription: 'loc',
  modality: 'MR',
  selected: false,
  reasons: ['localizer'],
}
const WHOLE_TUMOUR: Measurement = { region: 'WT', name: 'Whole tumour', quantity: 'volume', value: 31.4, unit: 'mL' }

/** `open`: a database whose clock is `clock`. */
export function analysisStoreContract(name: string, open: (clock: Clock) => Promise<Database>) {
  describe(`AnalysisStore on ${name}`, () => {
    let db: Database
    let store: AnalysisRecords
    const clock = createManualClock()
    let serial = 0

    beforeAll(async () => {
      db = await open(clock)
      store = createAnalysisStore(db, clock)
    })
    afterAll(() => db?.close())

    const analysis = (id = `analysis-${++serial}`) => ({
      analysisId: id,
      studyInstanceUid: `1.2.3.${id.length}.${serial}`,
      bundleId: 'tiny',
      bundleDigest: 'b'.repeat(64),
      instanceSetDigest: createHash('sha256').update(id).digest('hex'),
    })
    const pick = ({ analysisId, studyInstanceUid, bundleId, bundleDigest, instanceSetDigest }: AnalysisRecord) => ({
      analysisId,
      studyInstanceUid,
      bundleId,
      bundleDigest,
      instanceSetDigest,
    })
    const registered = async () => (await store.register(analysis())).record.analysisId
    /** Takes every open analysis out of the way, so that a test's own is the only one to claim. */
    const clear = async () => {
      for (const { analysisId, state } of await store.list({ limit: 10_000 })) {
        if (['queued', 'running', 'analysed'].includes(state)) await store.move(analysisId, 'superseded')
      }
    }
    const bring = async (state: AnalysisState) => {
      const id = await registered()
      const paths: Record<AnalysisState, AnalysisState[]> = {
        queued: [],
        running: ['running'],
        analysed: ['running', 'analysed'],
        delivered: ['running', 'analysed', 'delivered'],
        held: ['held'],
        superseded: ['superseded'],
      }
      for (const to of paths[state]) await store.move(id, to, to === 'held' ? { hold: HOLD } : {})
      return id
    }
    const refusal = async (work: Promise<unknown>) => {
      const error = await work.then(
        () => undefined,
        (thrown) => thrown,
      )
      expect(error).toBeInstanceOf(AppError)
      return error as AppError
    }

    it('registers once, however often it is asked', async () => {
      const wanted = { ...analysis(), study: STUDY }
      const answers = await Promise.all([store.register(wanted), store.register(wanted), store.register(wanted)])
      expect(answers.filter((answer) => answer.created)).toHaveLength(1)
      const { record, created } = await store.register(wanted)
      expect(created).toBe(false)
      expect(record).toMatchObject({
        analysisId: wanted.analysisId,
        instanceSetDigest: wanted.instanceSetDigest,
        state: 'queued',
        attempts: 0,
        priority: 'fresh',
        createdAt: clock.now().toISOString(),
        summary: { study: STUDY },
      })
      expect(record.legs).toEqual([
        { leg: 'pacs', state: 'waiting', attempts: 0 },
        { leg: 'ehr', state: 'waiting', attempts: 0 },
      ])
      expect(await store.events(wanted.analysisId)).toHaveLength(1)
    })

    it('keeps createdAt when registered again later', async () => {
      const wanted = analysis()
      const first = await store.register(wanted)
      clock.advance(3600)
      expect((await store.register(wanted)).record.createdAt).toBe(first.record.createdAt)
    })

    it('knows nothing of an unknown analysis, and says so', async () => {
      expect(await store.get('none')).toBeUndefined()
      expect(await store.events('none')).toEqual([])
      expect(await store.artifact('none', 'pdf')).toBeUndefined()
      const refusals = await Promise.all(
        [
          store.move('none', 'running'),
          store.note('none', { kind: 'step', text: 'x' }),
          store.describe('none', {}),
          store.saveResult('none', {}, []),
          store.updateLeg('none', 'ehr', { attempts: 1 }),
        ].map(refusal),
      )
      expect(refusals.map(({ code }) => code)).toEqual(Array(5).fill('NOT_FOUND'))
    })

    for (const from of STATES) {
      for (const to of STATES) {
        const allowed = mayBecome(from, to)
        it(`${from} ${allowed ? 'becomes' : 'never becomes'} ${to}`, async () => {
          const id = await bring(from)
          const before = await store.events(id)
          const detail = to === 'held' ? { hold: HOLD } : {}
          if (allowed) {
            const record = await store.move(id, to, detail)
            expect(record.state).toBe(to)
            expect(record.hold?.code).toBe(to === 'held' ? HOLD.code : undefined)
            expect(await store.get(id)).toEqual(record)
            const events = await store.events(id)
            expect(events).toHaveLength(before.length + 1)
            expect(events.at(-1)).toMatchObject({ kind: 'state', data: { from, to } })
          } else {
            expect((await refusal(store.move(id, to, detail))).code).toBe('STATE_CONFLICT')
            expect((await store.get(id))?.state).toBe(from)
            expect(await store.events(id)).toEqual(before)
          }
        })
      }
    }

    it('holds only with a reason', async () => {
      const id = await registered()
      expect((await refusal(store.move(id, 'held'))).code).toBe('STATE_CONFLICT')
      expect((await refusal(store.move(id, 'running', { hold: HOLD }))).code).toBe('STATE_CONFLICT')
    })

    it('lets one of many take the same step', async () => {
      const id = await registered()
      const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => store.move(id, 'running')))
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1)
      expect((await store.get(id))?.attempts).toBe(1)
    })

    it('counts attempts anew once a person released a hold', async () => {
      const id = await registered()
      await store.move(id, 'running')
      await store.move(id, 'held', { hold: HOLD })
      await store.move(id, 'queued')
      expect((await store.move(id, 'running')).attempts).toBe(1)
    })

    it('never gives one analysis to two workers', async () => {
      await clear()
      const ids = await Promise.all(Array.from({ length: 12 }, registered))
      const taken = await Promise.all(Array.from({ length: 20 }, (_, i) => store.claim(`worker-${i}`, 60)))
      const got = taken.flatMap((record) => (record ? [record.analysisId] : []))
      // Locked rows are skipped, not waited for, so a claim may miss in the crush; nobody gets what another has.
      expect(new Set(got).size).toBe(got.length)
      for (let record = await store.claim('last', 60); record; record = await store.claim('last', 60))
        got.push(record.analysisId)
      expect(got.sort()).toEqual(ids.sort())
    })

    it('gives out what is urgent first, then what is fresh, then older studies, each as registered, whatever the clock says', async () => {
      await clear()
      const register = async (priority?: Priority) => {
        clock.advance(-60)
        const { record } = await store.register({ ...analysis(), ...(priority && { priority }) })
        return record
      }
      const [older, raised, fresh, later, urgent] = [
        await register('backfill'),
        await register('backfill'),
        await register(),
        await register('fresh'),
        await register('first'),
      ]
      expect(later.sequence).toBeGreaterThan(fresh.sequence)
      // Once more, as a person or an order asks for it; less urgent than it is changes nothing.
      await store.register({ ...pick(raised), priority: 'first' })
      await store.register({ ...pick(urgent), priority: 'backfill' })
      const order: string[] = []
      for (let next = await store.claim('w', 600); next; next = await store.claim('w', 600)) order.push(next.analysisId)
      expect(order).toEqual([raised, urgent, fresh, later, older].map(({ analysisId }) => analysisId))
      clock.advance(3600)
      await clear()
    })

    it('takes the oldest first', async () => {
      await clear()
      const first = await registered()
      clock.advance(1)
      await registered()
      expect((await store.claim('w', 60))?.analysisId).toBe(first)
    })

    it('gives a running analysis to another worker only when the lease ended', async () => {
      await clear()
      const id = await registered()
      await store.claim('first', 60)
      await store.move(id, 'running')
      await store.note(id, { kind: 'step', text: 'segment started', data: { step: 'segment' } })
      clock.advance(59)
      expect(await store.claim('second', 60)).toBeUndefined()
      expect(await store.renew(id, 'first', 60)).toBe(true)
      clock.advance(59)
      expect(await store.claim('second', 60)).toBeUndefined()
      clock.advance(2)
      const taken = await store.claim('second', 60)
      expect(taken).toMatchObject({ analysisId: id, state: 'running', attempts: 2 })
      expect(await store.renew(id, 'first', 60)).toBe(false)
      await store.release(id, 'first')
      expect(await store.claim('third', 60)).toBeUndefined()
      expect((await store.events(id)).map((event) => event.text)).toContain('taken over from a worker that ended')
    })

    it('makes a released analysis due at the time asked for, or at once on request', async () => {
      await clear()
      const id = await registered()
      await store.claim('w', 60)
      expect(await store.makeDue(id)).toBe(false)
      await store.release(id, 'w', 30)
      expect(await store.claim('w', 60)).toBeUndefined()
      clock.advance(31)
      expect((await store.claim('w', 60))?.analysisId).toBe(id)
      await store.release(id, 'w', 30)
      expect(await store.makeDue(id)).toBe(true)
      expect((await store.claim('w', 60))?.analysisId).toBe(id)
    })

    it('never lets two workers have two analyses of one study', async () => {
      await clear()
      const { studyInstanceUid, ...first } = analysis()
      const second = { ...analysis(), studyInstanceUid }
      await store.register({ ...first, studyInstanceUid })
      await store.register(second)
      const taken = await store.claim('one', 60)
      expect(await store.claim('two', 60)).toBeUndefined()
      const other = await registered()
      expect((await store.claim('two', 60))?.analysisId).toBe(other)
      await store.move(taken!.analysisId, 'superseded')
      expect((await store.claim('three', 60))?.studyInstanceUid).toBe(studyInstanceUid)
    })

    it('is not stopped by a clock that is set back', async () => {
      await clear()
      const [due, retried, left] = [await registered(), await registered(), await registered()]
      const hours = (count: number) => clock.advance(count * 3600)
      await store.claim('w', 60)
      await store.claim('w', 60)
      await store.claim('dead', 60)
      await store.release(due, 'w')
      await store.release(retried, 'w', 900)
      hours(-2)
      const claimed = [await store.claim('w', 60), await store.claim('w', 60), await store.claim('w', 60)]
      expect(claimed.map((record) => record?.analysisId).sort()).toEqual([due, retried, left].sort())
      await clear()
      const fresh = await registered()
      clock.advance(-1200)
      expect((await store.claim('w', 60))?.analysisId).toBe(fresh)
      hours(3)
      await clear()
    })

    it('ends all leases when no worker can be alive', async () => {
      await clear()
      const id = await registered()
      await store.claim('dead', 3600)
      expect(await store.releaseAll()).toBeGreaterThan(0)
      const seen: string[] = []
      for (let record = await store.claim('w', 1e6); record; record = await store.claim('w', 1e6))
        seen.push(record.analysisId)
      expect(seen).toContain(id)
    })

    it('claims an analysed one while a leg waits, and when the worker died before "delivered"', async () => {
      await clear()
      const id = await bring('analysed')
      const claimable = async () => {
        const record = await store.claim('w', 60)
        if (record) await store.release(record.analysisId, 'w')
        return record?.analysisId === id
      }
      expect(await claimable()).toBe(true)
      await store.updateLeg(id, 'pacs', { state: 'failed', attempts: 1 })
      expect(await claimable()).toBe(true)
      await store.updateLeg(id, 'ehr', { state: 'done', attempts: 1 })
      expect(await claimable()).toBe(false)
      await store.updateLeg(id, 'pacs', { state: 'waiting' })
      expect(await claimable()).toBe(true)
      await store.updateLeg(id, 'pacs', { state: 'done' })
      expect(await claimable()).toBe(true)
      await store.move(id, 'delivered')
      expect(await claimable()).toBe(false)
    })

    it('puts a released hold to work at once', async () => {
      await clear()
      const id = await registered()
      await store.claim('w', 3600)
      await store.move(id, 'running')
      await store.move(id, 'held', { hold: HOLD })
      expect((await store.get(id))?.hold).toEqual({ ...HOLD, at: clock.now().toISOString() })
      expect(await store.claim('w', 60)).toBeUndefined()
      await store.move(id, 'queued')
      const record = await store.claim('w2', 60)
      expect(record?.analysisId).toBe(id)
      expect(record?.hold).toBeUndefined()
    })

    it('keeps result and artefacts together, byte for byte', async () => {
      const id = await bring('running')
      const big = Uint8Array.from({ length: 2_500_003 }, (_, i) => (i * 7 + (i >> 8)) % 256)
      expect(await store.artifactRoles(id)).toEqual(new Set())
      const artifacts: Artifact[] = [
        {
          role: 'segmentation',
          mediaType: 'application/dicom',
          bytes: big,
          sopInstanceUid: '2.25.1',
          seriesInstanceUid: '2.25.2',
          sopClassUid: '1.2.840.10008.5.1.4.1.1.66.4',
        },
        { role: 'pdf', mediaType: 'application/pdf', bytes: new Uint8Array([0, 255, 10, 39, 92]) },
      ]
      const record = await store.saveResult(
        id,
        { measurements: [WHOLE_TUMOUR], patient: { ...PATIENT, patientName: "O'Brien^Zoë" } },
        artifacts,
      )
      expect(record).toMatchObject({
        state: 'analysed',
        summary: { measurements: [WHOLE_TUMOUR], patient: { ...PATIENT, patientName: "O'Brien^Zoë" } },
      })
      const stored = await store.artifacts(id)
      expect(stored.map((artifact) => artifact.role).sort()).toEqual(['pdf', 'segmentation'])
      const seg = await store.artifact(id, 'segmentation')
      expect(seg).toMatchObject({
        sopInstanceUid: '2.25.1',
        seriesInstanceUid: '2.25.2',
        sopClassUid: '1.2.840.10008.5.1.4.1.1.66.4',
      })
      expect(Buffer.from(seg!.bytes).equals(Buffer.from(big))).toBe(true)
      const pdf = await store.artifact(id, 'pdf')
      expect(pdf).toEqual(artifacts[1])
      expect(await store.artifact(id, 'result')).toBeUndefined()
    })

    it('keeps every kind of artefact that there is', async () => {
      const id = await bring('running')
      const roles: ArtifactRole[] = [
        ...(['result', 'pdf', 'segmentation', 'encapsulated-pdf', 'report', 'label-map'] as const),
        ...(['probabilities', 'uncertainty', 'rejection-note', 'key-image-1', 'key-image-9'] as const),
        ...SEQUENCES.map((sequence) => `segmentation-${sequence}` as const),
        ...HEADS.map((head) => `saliency-${head}` as const),
      ]
      const bytes = new Uint8Array([7])
      await store.saveResult(
        id,
        {},
        roles.map((role) => ({ role, mediaType: 'application/dicom', bytes })),
      )
      expect((await store.artifacts(id)).map(({ role }) => role).sort()).toEqual(roles.toSorted())
    })

    it('stores no result of an analysis that is not running, not even in part', async () => {
      const pdf: Artifact = { role: 'pdf', mediaType: 'application/pdf', bytes: new Uint8Array([1]) }
      for (const state of STATES.filter((other) => other !== 'running')) {
        const id = await bring(state)
        expect((await refusal(store.saveResult(id, { noFinding: true }, [pdf]))).code).toBe('STATE_CONFLICT')
        expect(await store.artifacts(id)).toEqual([])
        expect((await store.get(id))?.summary).toBeUndefined()
      }
    })

    it('replaces the artefacts of an earlier run, and leaves none behind', async () => {
      const id = await bring('running')
      await store.saveResult(id, {}, [
        { role: 'segmentation', mediaType: 'application/dicom', bytes: new Uint8Array([1]) },
        { role: 'pdf', mediaType: 'application/pdf', bytes: new Uint8Array([1]) },
      ])
      await store.move(id, 'held', { hold: HOLD })
      await store.move(id, 'queued')
      await store.move(id, 'running')
      await store.saveResult(id, {}, [{ role: 'pdf', mediaType: 'application/pdf', bytes: new Uint8Array([2]) }])
      expect((await store.artifacts(id)).map(({ role, bytes }) => [role, [...bytes]])).toEqual([['pdf', [2]]])
    })

    it('notices damaged bytes', async () => {
      const id = await bring('running')
      await store.saveResult(id, {}, [{ role: 'pdf', mediaType: 'application/pdf', bytes: new Uint8Array([1, 2, 3]) }])
      await db.query(`update gliabridge.artifacts set bytes = 'x'::bytea where analysis_id = $1`, [id])
      expect((await refusal(store.artifact(id, 'pdf'))).message).toContain('damaged')
    })

    it('merges what is known of a held analysis', async () => {
      const id = await registered()
      await store.describe(id, { study: STUDY })
      await store.describe(id, { decisions: [LOCALIZER] })
      expect((await store.get(id))?.summary).toEqual({
        study: STUDY,
        decisions: [LOCALIZER],
      })
    })

    it('keeps each leg on its own, with its last error and receipt', async () => {
      const id = await bring('analysed')
      const lastError = { code: 'EHR_ERROR', message: 'status 503', at: clock.now().toISOString() } as const
      await store.updateLeg(id, 'ehr', { state: 'waiting', attempts: 1, lastError })
      const done = await store.updateLeg(id, 'pacs', {
        state: 'done',
        attempts: 1,
        receipt: { segmentation: '2.25.9' },
      })
      expect(done).toEqual({
        leg: 'pacs',
        state: 'done',
        attempts: 1,
        doneAt: clock.now().toISOString(),
        receipt: { segmentation: '2.25.9' },
      })
      expect((await store.get(id))?.legs).toEqual([done, { leg: 'ehr', state: 'waiting', attempts: 1, lastError }])
      expect((await store.events(id)).at(-2)).toMatchObject({
        kind: 'leg',
        text: 'ehr: EHR_ERROR: status 503',
        data: { leg: 'ehr', code: 'EHR_ERROR' },
      })
    })

    it('repeats a leg that is done only for a replay', async () => {
      const id = await bring('analysed')
      await store.updateLeg(id, 'pacs', { state: 'done', attempts: 1 })
      expect((await refusal(store.updateLeg(id, 'pacs', { state: 'waiting' }))).code).toBe('STATE_CONFLICT')
      await store.updateLeg(id, 'ehr', { state: 'done', attempts: 1 })
      await store.move(id, 'delivered')
      expect(await store.updateLeg(id, 'pacs', { state: 'waiting', attempts: 0 })).toEqual({
        leg: 'pacs',
        state: 'waiting',
        attempts: 0,
      })
      expect((await store.move(id, 'analysed')).state).toBe('analysed')
    })

    it('lists newest first, by pages and by state, and counts', async () => {
      clock.advance(10)
      const a = await bring('held')
      clock.advance(10)
      const b = await bring('held')
      expect((await store.list({ state: 'held', limit: 2 })).map((record) => record.analysisId)).toEqual([b, a])
      expect((await store.list({ limit: 1, offset: 1 })).map((record) => record.analysisId)).toEqual([a])
      const all = await store.list({ limit: 10_000 })
      const counts = await store.countByState()
      for (const state of STATES) expect(counts[state]).toBe(all.filter((record) => record.state === state).length)
    })

    it('has a version that changes with every change, and figures for the metrics', async () => {
      const id = await bring('running')
      const other = await registered()
      const [own, all] = [await store.version(id), await store.version()]
      await store.note(id, { kind: 'step', text: 'segment done in 2.5 s', data: { step: 'segment', seconds: 2.5 } })
      await store.note(other, { kind: 'step', text: 'segment done in 1.5 s', data: { step: 'segment', seconds: 1.5 } })
      expect(await store.version(id)).not.toBe(own)
      expect(await store.version()).not.toBe(all)
      expect(await store.version('none')).toBe('0')
      const same = await store.version(id)
      await store.note(other, { kind: 'step', text: 'x' })
      expect(await store.version(id)).toBe(same)
      const figures = await store.figures()
      expect(figures.analyses).toEqual(await store.countByState())
      expect(figures.steps).toContainEqual({ step: 'segment', count: 2, seconds: 4 })
      expect(figures.legs.reduce((sum, leg) => sum + leg.count, 0)).toBe(
        2 * Object.values(figures.analyses).reduce((a, b) => a + b),
      )
    })

    it('finds all analyses of a study, oldest first', async () => {
      const one = { ...analysis(), studyInstanceUid: '1.9.9' }
      const two = { ...analysis(), studyInstanceUid: '1.9.9' }
      await store.register(one)
      clock.advance(1)
      await store.register(two)
      expect((await store.byStudy('1.9.9')).map((record) => record.analysisId)).toEqual([
        one.analysisId,
        two.analysisId,
      ])
    })

    it('finds the delivered analyses of exactly one patient identifier and issuer, newest first', async () => {
      const patient = { ...PATIENT, patientId: 'P-77', issuerOfPatientId: 'KIS' }
      const of = async (who: PatientIdentity, ...states: AnalysisState[]) => {
        const id = await registered()
        clock.advance(1)
        await store.move(id, 'running')
        await store.saveResult(id, { patient: who }, [])
        for (const state of states) await store.move(id, state, state === 'held' ? { hold: HOLD } : {})
        return id
      }
      const first = await of(patient, 'delivered')
      await of({ ...patient, patientId: 'P-78' }, 'delivered')
      await of({ ...patient, issuerOfPatientId: '' }, 'delivered')
      await of(patient)
      await of(patient, 'held')
      await of(patient, 'superseded')
      await of(patient, 'delivered', 'superseded')
      const last = await of(patient, 'delivered')
      expect((await store.byPatient(patient)).map(({ analysisId }) => analysisId)).toEqual([last, first])
    })

    it('keeps notes in order, and the history cannot be rewritten', async () => {
      const id = await registered()
      await store.note(id, { kind: 'step', text: 'retrieve started', data: { step: 'retrieve' } })
      clock.advance(5)
      await store.note(id, { kind: 'step', text: 'retrieve done in 5.0 s', data: { step: 'retrieve', seconds: 5 } })
      const events = await store.events(id)
      expect(events.map((event) => event.text)).toEqual(['registered', 'retrieve started', 'retrieve done in 5.0 s'])
      expect(events[2]).toEqual({
        at: clock.now().toISOString(),
        kind: 'step',
        text: 'retrieve done in 5.0 s',
        data: { step: 'retrieve', seconds: 5 },
      })
      for (const sql of [
        `update gliabridge.analysis_events set text = 'x'`,
        'delete from gliabridge.analysis_events',
      ]) {
        const error = await refusal(db.query(sql))
        expect(error.message).toBe('database error 23001')
      }
      expect(await store.events(id)).toEqual(events)
    })
  })
}
