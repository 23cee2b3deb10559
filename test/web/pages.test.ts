// The pages as text: what stands on them, in every situation, and that nothing a study says can become markup.

import { describe, expect, it } from 'vitest'
import { hourly } from '../../src/domain/activity.ts'
import type { AnalysisRecord } from '../../src/domain/analysis.ts'
import type { Bidimensional, TissueResult } from '../../src/domain/finding.ts'
import { STEPS } from '../../src/domain/steps.ts'
import { parseSummary } from '../../src/store/result-schema.ts'
import { ASSETS } from '../../src/web/assets.ts'
import { ageAt, formatName, formatSeconds, sentence } from '../../src/web/format.ts'
import { notAnalysedPage } from '../../src/web/not-analysed.ts'
import { stepsOf } from '../../src/web/progress-sections.ts'
import { type StudyView, studyPage } from '../../src/web/study-page.ts'
import { readSummary } from '../../src/web/summary.ts'
import { worklistPage } from '../../src/web/worklist.ts'
import { percent, readDate } from '../../src/wording/quantities.ts'
import { comparisonOf } from '../support/comparison.ts'
import {
  delivered,
  delivering,
  eventsOf,
  held,
  nothingFound,
  rolesOf,
  running,
  sampleResult,
  samples,
  superseded,
  waiting,
} from '../support/sample-analyses.ts'
import { DECLINED_STUDIES } from '../support/sample-app.ts'

const study = async (record: AnalysisRecord, change: Partial<StudyView> = {}) =>
  String(
    await studyPage({
      record,
      events: eventsOf(record),
      roles: rolesOf(eventsOf(record)),
      siblings: [record],
      version: '7',
      ...change,
    }),
  )
const list = async (records: AnalysisRecord[], change: object = {}) =>
  String(
    await worklistPage({
      records,
      counts: { queued: 1, running: 1, analysed: 1, delivered: 2, held: 1, superseded: 1 },
      notAnalysed: 2,
      claims: [],
      hours: [],
      failedNotices: 0,
      stops: [],
      arriving: 0,
      peers: [
        { peer: 'pacs', up: true },
        { peer: 'ehr', up: true },
      ],
      version: '7',
      offset: 0,
      limit: 50,
      ...change,
    }),
  )
const wordsOf = (page: string) =>
  page
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/\s+/g, ' ')

describe('the worklist', () => {
  it('tells of a hold what resolves it, and resolves it in place where nothing more is to be said', async () => {
    const page = await list([held])
    expect(wordsOf(page)).toContain('The study lacks a sequence that the bundle needs')
    expect(page).toContain(`<form method="post" action="/analyses/${held.analysisId}/resolve">`)
    const doubt = await list([{ ...held, hold: { ...held.hold!, code: 'PATIENT_AMBIGUOUS' } }])
    expect(doubt).not.toContain('/resolve"')
    expect(doubt).toContain(`<a class="button" href="/analyses/${held.analysisId}">Resolve</a>`)
    for (const code of ['PATIENT_ID_MISSING', 'PATIENT_MIXED'] as const)
      expect(await list([{ ...held, hold: { ...held.hold!, code } }])).toContain(`/${held.analysisId}/resolve"`)
  })

  it('says who has an analysis open, what goes first, and what was done in the last hours', async () => {
    const claim = {
      analysisId: delivered.analysisId,
      identifier: 'P-77',
      name: 'Dora Nine',
      since: delivered.updatedAt,
    }
    const hours = hourly(
      [
        {
          createdAt: '2026-03-01T01:00:00.000Z',
          restedAt: '2026-03-01T01:30:00.000Z',
          deliveredAt: '2026-03-01T01:30:00.000Z',
        },
        { createdAt: '2026-03-01T02:20:00.000Z' },
      ],
      new Date('2026-03-01T02:30:00.000Z'),
    )
    const page = await list([delivered, { ...waiting, priority: 'first' }], { claims: [claim], hours })
    const words = wordsOf(page)
    expect(words).toContain('Open: Dora Nine')
    expect(words.match(/Open: /g)).toHaveLength(1)
    expect(words).toContain('Priority: first')
    expect(words).toContain('1 study delivered')
    expect(words).toContain('The oldest study has waited 10 min Longest wait in this period: 10 min')
    expect(page.match(/class="hour"/g)).toHaveLength(24)
    expect(page).toContain('href="/board"')
  })

  it('keeps what was looked for out of addresses, and is then not live', async () => {
    const page = await list([delivered], { search: ['müller', '<b>'] })
    expect(page).toContain('<form method="post" action="/search" role="search"')
    expect(page).toContain('value="müller &lt;b&gt;"')
    expect(page).not.toContain('data-events')
    expect(page).not.toMatch(/href="[^"]*m(ü|%C3)/)
    expect(wordsOf(await list([], { search: ['nobody'] }))).toContain('No analysis matches.')
  })

  it('says since when each one is there, and offers the order in which they wait for a person', async () => {
    const page = await list([held], { order: 'waiting', toReview: true })
    expect(page).toContain(`data-since="${held.createdAt}"`)
    expect(page).toContain('href="/?show=to-review&amp;order=waiting" aria-current="true"')
  })
})

describe('studies that are not analysed', () => {
  const declined = async (change: object = {}) =>
    String(await notAnalysedPage({ studies: DECLINED_STUDIES, count: 2, limit: 50, offset: 0, ways: {}, ...change }))

  it('stand with their reason and a button that sends them to be analysed', async () => {
    const page = await declined()
    expect(wordsOf(page)).toContain('1.2.840.77.1 180')
    expect(wordsOf(page)).toMatch(/Not a study of the head: body part KNEE/)
    expect(wordsOf(page)).toMatch(/no full metadata of study 1\.2\.840\.77\.2\.? It is tried again by itself/)
    expect(page).toContain('<form method="post" action="/studies/1.2.840.77.1/analyse">')
    expect(wordsOf(await declined({ studies: [], count: 0 }))).toContain('Every study that was seen is analysed.')
    expect(await list([])).toMatch(/href="\/not-analysed"[^>]*>Not analysed <span class="count">2</)
  })

  it('stand beside the ways in which the archive is asked, where they are not those of the standard', async () => {
    expect(wordsOf(await declined())).toContain('The archive takes every question as the standard has it.')
    expect(wordsOf(await declined({ ways: { metadata: 'instance by instance' } }))).toContain(
      'metadata: instance by instance',
    )
  })

  it('cannot bring markup onto the page', async () => {
    const odd = { ...DECLINED_STUDIES[0]!, decision: { outcome: 'declined', reason: '<script>alert(1)</script>' } }
    expect(await declined({ studies: [odd] })).not.toContain('<script>alert')
  })
})

describe('an earlier study', () => {
  it('stands with change, error, category and what that leaves out; not at all without one', async () => {
    const comparison = comparisonOf(sampleResult)
    const page = await study({ ...delivered, summary: { ...delivered.summary, comparison } })
    const words = wordsOf(page)
    expect(page).toMatch(/aria-label="Whole tumour: [\d.]+ mL on 2026-01-02, [\d.]+ mL on /)
    expect(words).toContain('Change since 2026-01-02 PD: enhancing tumour progressed by size;')
    const [{ earlier, now, change, standardDeviation }] = comparison.volumes as [(typeof comparison.volumes)[0]]
    expect(words).toContain(
      `${earlier.toFixed(1)} mL ${now.toFixed(1)} mL +${change.toFixed(1)} mL +25 % ± ${standardDeviation!.toFixed(1)}`,
    )
    expect(words).toContain('unknown')
    expect(words).toMatch(
      /New lesion \(1\.3 mL\)\. .*clinical state, steroids, .*Studies 58 days apart; aligned by 7\.4 mm/,
    )
    expect(wordsOf(await study(delivered))).not.toContain('Change since')
  })
})

describe('what the record states of the tumour board', () => {
  it('stands at the top with links to it, markup of nobody, and not at all where it states nothing', async () => {
    const boardRecord = {
      question: { text: 'Progression <b>?', reference: 'ServiceRequest/77' },
      decision: { text: 'Resection; then radiotherapy.', date: '2026-01-10', reference: 'CarePlan/9' },
    }
    const record = { ...delivered, summary: { ...delivered.summary, boardRecord } }
    const page = await study(record, { recordUrl: 'https://ehr.example/fhir/' })
    expect(wordsOf(page)).toMatch(
      /Question Progression &lt;b&gt;\? ServiceRequest\/77 Board of 2026-01-10 Resection; then radiotherapy\. CarePlan\/9/,
    )
    expect(page).toContain('href="https://ehr.example/fhir/CarePlan/9"')
    expect(page.indexOf('Board of')).toBeLessThan(page.indexOf('id="status"'))
    expect(await study(delivered)).not.toMatch(/Board of|board-record/)
  })
})

describe('a tissue test', () => {
  it('stands before what the images say, and is markup of nobody', async () => {
    const tissueResults: TissueResult[] = [
      { head: 'idh', test: 'IDH1 <b>', value: 'p.R132H', date: '2024-11-02', reference: 'Observation/1' },
    ]
    const page = await study({ ...delivered, summary: { ...delivered.summary, tissueResults } })
    const words = wordsOf(page)
    expect(words).toMatch(
      /p\.R132H Tissue test on record, takes precedence: IDH1 &lt;b&gt;: p\.R132H \(2024-11-02\) From the images: /,
    )
    expect(words.match(/Tissue test on record/g)).toHaveLength(1)
    expect(wordsOf(await study(delivered))).not.toMatch(/Tissue test|From the images:/)
  })
})

describe('diameters', () => {
  it('stand below the volumes where lesions were measured', async () => {
    const line: Bidimensional['longest'] = [
      [0, 0, 0],
      [1, 0, 0],
    ]
    const lesion: Bidimensional = {
      longestMm: 41.26,
      perpendicularMm: 30.04,
      longest: line,
      perpendicular: line,
      axis: 2,
      slice: 17,
      measurable: true,
    }
    const small = { ...lesion, longestMm: 12.5, perpendicularMm: 7.25, measurable: false }
    const page = await study({ ...delivered, summary: { ...delivered.summary, diameters: [lesion, small] } })
    expect(wordsOf(page)).toContain('(RANO): 41.3 × 30.0 mm; 12.5 × 7.3 mm (too small to follow).')
    expect(wordsOf(await study({ ...delivered, summary: { ...delivered.summary, diameters: [] } }))).not.toContain(
      'RANO',
    )
  })
})

describe('a hold of the patient match', () => {
  it('asks whose images these are; other holds do not', async () => {
    const page = (code: string) =>
      study({ ...held, hold: { ...held.hold!, code: code as NonNullable<AnalysisRecord['hold']>['code'] } })
    for (const code of ['PATIENT_MISMATCH', 'PATIENT_NOT_FOUND', 'PATIENT_AMBIGUOUS'])
      expect(await page(code)).toContain('name="patient"')
    for (const code of ['PATIENT_MIXED', 'CONSENT_REFUSED', 'SERIES_MISSING'])
      expect(await page(code)).not.toContain('name="patient"')
  })
})

describe('words', () => {
  it.each([
    ['Doe^Jane', 'Doe, Jane'],
    ["O'Sullivan^Pádraig^^^Jr.", "O'Sullivan, Pádraig Jr."],
    ['Müller^Eva^Maria^Dr.^', 'Müller, Dr. Eva Maria'],
    ['Yamada^Tarou=山田^太郎=やまだ^たろう', 'Yamada, Tarou · 山田, 太郎 · やまだ, たろう'],
    ['=山田^太郎', '山田, 太郎'],
    ['Madonna', 'Madonna'],
    ['^^^^', ''],
    ['', ''],
  ])('reads the name %s', (name, words) => expect(formatName(name)).toBe(words))

  it('reads dates and ages, and leaves what is no date', () => {
    expect(readDate('20260301')).toBe('2026-03-01')
    expect(readDate('2026')).toBe('2026')
    expect(ageAt('19640817', '20260301')).toBe(61)
    expect(ageAt('19640301', '20260301')).toBe(62)
    expect(ageAt('', '20260301')).toBeUndefined()
    expect(ageAt('20270101', '20260301')).toBeUndefined()
  })

  it('reads durations, shares and messages', () => {
    expect([0.04, 9.94, 21.4, 59.9, 61, 3600, 90_061].map(formatSeconds)).toEqual([
      '0.0 s',
      '9.9 s',
      '21 s',
      '60 s',
      '1 min 1 s',
      '1 h 0 min',
      '1 d 1 h',
    ])
    expect([0, 0.004, 0.5, 0.996, 1].map(percent)).toEqual(['<1 %', '<1 %', '50 %', '>99 %', '>99 %'])
    expect(sentence('the archive is down')).toBe('The archive is down')
    expect(sentence('pacs.url is wrong')).toBe('pacs.url is wrong')
  })
})

describe('the worklist', () => {
  it('shows state, patient, study, result or reason, and deliveries', async () => {
    const words = wordsOf(await list(samples))
    expect(words).toContain('Müller-Lüdenscheid, Käthe Maria NR-20417 · female · 61 y')
    expect(words).toContain('62.1 mL Whole tumour')
    expect(words).toContain('The bundle needs T1c and FLAIR; the study has neither in a usable form SERIES_MISSING')
    expect(words).toContain('No tumour segmented')
    expect(words).toContain(waiting.studyInstanceUid)
    for (const state of ['Waiting', 'Running', 'Delivering', 'Delivered', 'On hold', 'Superseded'])
      expect(words).toContain(state)
  })

  it('says what to expect when it is empty, and pages when it is long', async () => {
    expect(wordsOf(await list([]))).toContain('A brain MRI study appears here by itself')
    const page = await list(samples.slice(0, 2), { limit: 2, offset: 4, state: 'held' })
    expect(page).toContain('href="/?state=held&amp;offset=6"')
    expect(page).toContain('href="/?state=held&amp;offset=2"')
    expect(page).toMatch(/href="\/\?state=held" aria-current="page"/)
  })
})

describe('the study page', () => {
  it('has results, reasons, times, deliveries, and the statement that nobody reviewed it', async () => {
    const page = await study(delivered, { viewerUrl: 'https://viewer.example/?s=1' })
    const words = wordsOf(page)
    for (const text of [
      'no clinician has reviewed it yet. For research use',
      'they are not a tissue test',
      'Whole tumour WT 62.1 mL ± 4.2',
      'IDH-wildtype 91 % 81 % – 96 %',
      'Not evaluable Published evidence does not support predicting MGMT',
      'Indeterminate Cannot be told apart: grade 3, grade 4.',
      'What spoke for IDH-wildtype age 61 y +0.90 roundness 0.41 +0.70 T1c unevenness 0.33 −0.20',
      'Risk group: middle (133 patients of the training data, 80 deaths)',
      'TR 9000 ms, TE 120 ms, TI 2500 ms: FLAIR',
      'moved 2.1 mm, 1.3°',
      'left out',
      'Align and resample 31 s',
      'after 1 min 6 s',
      'DiagnosticReport/8f21/_history/1',
      '2.25.11730082312345',
      'T2 and FLAIR have 4.0 mm slices',
      'CUDA libraries are not installed',
      'Glioma U-Net, 2 mm 0.1.0',
    ]) {
      expect(words).toContain(text)
    }
    // At 6 months the curve has the value of month 3; it goes beyond 60 months and is cut there.
    expect(page).toMatch(/the middle-risk group: alive 97.% after 6 months, 74.% after 12 months, 41.% after 24 months/)
    const [, steps = ''] = /class="steps" d="([^"]+)"/.exec(page) ?? []
    const xs = [...steps.matchAll(/[ML]([\d.]+) /g)].map((match) => Number(match[1]))
    expect(xs).toEqual(xs.toSorted((a, b) => a - b))
    expect(xs.at(-1)).toBe(294)
    expect(page).toContain('<iframe src="/analyses/000000000000000000000000aaaaaaa1/report.pdf#')
    expect(page).toContain('href="https://viewer.example/?s=1"')
  })

  it('has beside each call its error budget in one sentence, and the band in which nothing is called', async () => {
    const predictions = sampleResult.predictions.map((one) =>
      one.head === 'idh' && one.status === 'evaluable'
        ? { ...one, errorBudget: { n: 190, wrong: 5 }, leastCall: 0.83 }
        : one,
    )
    const page = await study({ ...delivered, summary: { ...delivered.summary, predictions } })
    expect(wordsOf(page)).toContain(
      'Of 100 patients like this one in the measured data, 3 were called wrongly (5 of 190).',
    )
    expect(wordsOf(page)).toMatch(/83 %/)
    expect(page.match(/<path class="hatch" d="[^"]*M83\.00 0V10">/g)).toHaveLength(2)
    expect(await study(delivered)).not.toContain('class="hatch"')
  })

  it('shows why an analysis is held and lets a person release it', async () => {
    const page = await study(held)
    expect(wordsOf(page)).toContain(
      'The bundle needs T1c and FLAIR; the study has neither in a usable form The study lacks a sequence that the bundle needs',
    )
    expect(page).toContain(`<form method="post" action="/analyses/${held.analysisId}/resolve">`)
    expect(page).not.toContain('<iframe')
  })

  it('shows a delivery that failed and is tried again', async () => {
    const page = await study(delivering)
    expect(wordsOf(page)).toContain(
      'The FHIR server did not answer (ECONNREFUSED) Check that the FHIR server is running',
    )
    expect(page).toContain(`action="/analyses/${delivering.analysisId}/retry"`)
  })

  it('says what nothing found means, and offers no segmentation', async () => {
    const page = await study(nothingFound)
    expect(wordsOf(page)).toContain('This does not exclude a tumour')
    expect(page).not.toContain('segmentation.dcm')
  })

  it('shows where a running one is, and what is still to come', async () => {
    const page = await study(running)
    expect(page).toMatch(/aria-current="step"[\s\S]*Align and resample/)
    expect(wordsOf(page)).toContain('Fetch images 6.8 s')
    expect(stepsOf('running', eventsOf(running)).map(({ state }) => state)).toEqual([
      'done',
      'done',
      'done',
      'running',
      'next',
      'next',
      'next',
      'next',
      'next',
      'next',
      'next',
    ])
    const names = [...page.matchAll(/class="step-name">([^<]*)</g)].map(([, name]) => name)
    expect(names).toHaveLength(STEPS.length)
    // In words, not as the history has them.
    expect(names.filter((name) => (STEPS as readonly string[]).includes(name!))).toEqual([])
    expect(stepsOf('held', eventsOf(running)).map(({ state }) => state)).toEqual(['done', 'done', 'done', 'stopped'])
  })

  it('counts only the steps of the last run', () => {
    const again = [
      ...eventsOf(running),
      { at: '2026-03-01T04:00:00.000Z', kind: 'lease', text: 'taken over from a worker that ended' },
    ]
    expect(stepsOf('running', again).every(({ state }) => state === 'next')).toBe(true)
    expect(stepsOf('queued', [])).toEqual([])
  })

  it('has the study UID as heading while the patient is not known, and links to other analyses of the study', async () => {
    const page = await study(waiting, { siblings: [waiting, superseded] })
    expect(page).toContain(`<h1 class="uid">${waiting.studyInstanceUid}</h1>`)
    expect(page).toContain(`href="/analyses/${superseded.analysisId}"`)
  })

  it('has no patient in title, addresses or attributes that leave the page', async () => {
    const page = await study(delivered)
    expect(/<title>(.*)<\/title>/.exec(page)?.[1]).toBe('Analysis 00000000 – Gliabridge')
    for (const [, address] of page.matchAll(/(?:href|src|action|data-events)="([^"]*)"/g))
      expect(address).not.toMatch(/ller|20417|114873/)
  })

  it('turns nothing that a study says into markup', async () => {
    const evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>\'&'
    const text = JSON.stringify(sampleResult).replaceAll(
      /"(Müller-Lüdenscheid\^Käthe\^Maria|NR-20417|A26-114873|MR Neurocranium with contrast|localizer 3 plane|Whole tumour|IDH-wildtype|Published[^"]*|T2 and FLAIR[^"]*|CUDA[^"]*)"/g,
      () => JSON.stringify(evil),
    )
    const record: AnalysisRecord = {
      ...held,
      studyInstanceUid: evil,
      summary: { ...JSON.parse(text), times: {} },
      hold: { code: 'SERIES_MISSING', message: evil, at: held.createdAt },
      legs: [
        {
          leg: 'ehr',
          state: 'failed',
          attempts: 1,
          lastError: { code: 'EHR_ERROR', message: evil, at: held.createdAt },
          receipt: { [evil]: evil },
        },
      ],
    }
    const events = [{ at: held.createdAt, kind: evil, text: evil, data: { step: evil } }]
    for (const page of [await study(record, { events }), await list([record])]) {
      expect(page).not.toMatch(/<script>|<img src=x|onerror=alert\(2\)>(?!&)/)
      expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
      expect([...page.matchAll(/<script\b[^>]*>/g)].map(([tag]) => tag)).toEqual([
        expect.stringMatching(/^<script src="\/assets\/live-[0-9a-f]{12}\.js" defer>$/),
      ])
      expect(page).not.toMatch(/ style="| on\w+="/)
    }
  })

  it('stands on whatever the store holds', async () => {
    for (const summary of [
      {},
      { patient: 'x', decisions: 7, measurements: null, times: [] },
      { study: sampleResult.study },
    ]) {
      const record = { ...held, summary: parseSummary(summary) }
      expect(wordsOf(await study(record))).toContain('On hold')
      expect(readSummary(record).decisions).toEqual([])
    }
  })
})

it('loads nothing from elsewhere', async () => {
  for (const text of [await study(delivered), await list(samples), ...ASSETS.map(({ body }) => body)]) {
    expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\//)
  }
})
