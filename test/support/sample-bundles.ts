// Bundles as the page shows them: one active, one in shadow that misses two of its limits, one that cannot be used.
import type { BundlesView } from '../../src/domain/bundles.ts'

const digest = (digit: string) => digit.repeat(64)
const ACTIVE = { id: 'glioma-old', version: '1.0.0', digest: digest('a'), modelDigest: digest('1') }
const CANDIDATE = { id: 'glioma-new', version: '1.1.0', digest: digest('c'), modelDigest: digest('3') }
const words = {
  modifications: 'Trained on 120 more low-grade gliomas.',
  protocol: 'Measured on 90 cases that no version saw.',
  impact: 'Outlines of oedema may become larger.',
}

export const sampleBundles: BundlesView = {
  active: ACTIVE,
  isBySettings: false,
  previous: { id: 'glioma-first', version: '0.9.0', digest: digest('0'), modelDigest: digest('9') },
  installed: [
    {
      folder: '/opt/bundles/old',
      bundle: ACTIVE,
      name: 'Glioma, old',
      changeControl: undefined,
      regions: ['WT'],
      heads: [],
    },
    {
      folder: '/opt/bundles/new',
      bundle: CANDIDATE,
      name: 'Glioma, new',
      changeControl: { words, limits: [] },
      regions: ['WT'],
      heads: ['idh'],
    },
    { folder: '/opt/bundles/broken', problem: 'bundle.json is not JSON in UTF-8' },
  ],
  shadow: {
    bundle: CANDIDATE,
    since: '2026-10-01T08:00:00.000Z',
    words,
    limits: [
      { limit: { part: 'modifications', measure: 'replaces', ids: ['glioma-old'] }, cases: 3, isMet: true },
      { limit: { part: 'protocol', measure: 'cases', atLeast: 20 }, measured: 3, cases: 3, isMet: false },
      {
        limit: { part: 'impact', measure: 'dice', region: 'WT', atLeast: 0.85 },
        measured: 0.8125,
        cases: 2,
        isMet: false,
      },
      {
        limit: { part: 'impact', measure: 'changed-calls', head: 'idh', atMost: 0.5 },
        measured: 0.5,
        cases: 2,
        isMet: true,
      },
    ],
    cases: [
      {
        analysisId: 'analysis-7',
        comparedAt: '2026-10-03T09:30:00.000Z',
        seconds: { active: 21.4, shadow: 9.8 },
        regions: [{ region: 'WT', dice: 0.7, activeMl: 42.5, shadowMl: 31.25 }],
        calls: [{ head: 'idh', active: 'IDH-wildtype' }],
      },
      {
        analysisId: 'analysis-8',
        comparedAt: '2026-10-02T09:30:00.000Z',
        seconds: { active: 20, shadow: 10 },
        regions: [{ region: 'WT', dice: 0.925, activeMl: 8, shadowMl: 8.5 }],
        calls: [{ head: 'idh', active: 'IDH-mutant', shadow: 'IDH-mutant' }],
      },
      {
        analysisId: 'analysis-9',
        comparedAt: '2026-10-01T09:30:00.000Z',
        seconds: {},
        regions: [],
        calls: [],
        failure: { code: 'INFERENCE_FAILED', message: 'segmenting failed on cpu: out of memory' },
      },
    ],
    count: 3,
  },
  changes: [
    {
      changeId: 2,
      at: '2026-10-01T08:00:00.000Z',
      action: 'shadow',
      bundle: CANDIDATE,
      by: 'Dora Nine',
      reason: 'to be tried',
    },
    {
      changeId: 1,
      at: '2026-09-01T08:00:00.000Z',
      action: 'activate',
      bundle: ACTIVE,
      by: 'Dora Nine',
      reason: 'met its limits',
    },
  ],
}
