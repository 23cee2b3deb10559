// An acceptance of 34 studies, of which two have no result: judged by the service, no-go for its time.
import type { AcceptanceLimit, AcceptanceReport, AcceptedStudy } from '../../src/domain/acceptance.ts'
import { judgeAcceptance } from '../../src/evaluation/acceptance.ts'

const limits: AcceptanceLimit[] = [
  { measure: 'studies', atLeast: 30, cases: 1 },
  { measure: 'failures', atMost: 0.1, cases: 1 },
  { measure: 'dice', region: 'WT', atLeast: 0.85, cases: 30 },
  { measure: 'volume-error', region: 'ET', atMost: 0.2, cases: 20 },
  { measure: 'wrong-calls', head: 'grade', atMost: 0.1, cases: 10 },
  { measure: 'seconds', atMost: 60, cases: 1 },
]

const studies = Array.from({ length: 34 }, (_, n): AcceptedStudy => {
  const name = `case-${String(n + 1).padStart(2, '0')}`
  const base = { name, studyInstanceUid: `2.25.${n + 1}`, volumes: {}, scores: [], calls: [] }
  if (n === 11)
    return {
      ...base,
      failure: {
        code: 'SERIES_MISSING',
        message: 'the bundle needs T1c or FLAIR; the study has neither in a usable form',
      },
    }
  const [whole, enhancing] = [40 + 3.1 * n, 9 + (n % 7)]
  return {
    ...base,
    seconds: 31 + ((n * 13) % 37),
    volumes: { WT: whole, TC: enhancing + 4, ET: enhancing },
    scores: [
      { region: 'WT', dice: 0.86 + (n % 9) / 100, volumeMl: whole, referenceMl: whole * 1.05 },
      { region: 'ET', dice: 0.78 + (n % 8) / 100, volumeMl: enhancing, referenceMl: enhancing * 0.9 },
    ],
    calls:
      n % 2 === 0
        ? [{ head: 'grade', status: 'evaluable', call: '4', truth: n === 20 ? '3' : '4' }]
        : [{ head: 'grade', status: 'indeterminate', truth: '3' }],
    segmentationSha256: 'aa'.repeat(32),
  }
})

export const sampleAcceptance: AcceptanceReport = {
  schema: 'gliabridge-acceptance/1',
  plan: {
    schema: 'gliabridge-acceptance-plan/1',
    begunAt: '2026-11-02T08:00:00.000Z',
    institution: 'Haus am See',
    software: { name: 'Gliabridge', version: '0.1.0' },
    bundle: {
      id: 'glioma-cascade-1mm',
      version: '1.2.0',
      name: 'Glioma segmentation, cascade at 1 mm',
      digest: '12'.repeat(32),
      modelDigest: '34'.repeat(32),
      weightsDigest: '56'.repeat(32),
      license: 'research',
      intendedUse:
        'Research use only. Adults with suspected or known glioma, before surgery; every result needs review by a radiologist.',
    },
    runtime: { node: 'v24.21.0', provider: 'cpu', runtime: 'onnxruntime 1.30.0' },
    limits,
    limitsSha256: '78'.repeat(32),
    labelsSha256: '9a'.repeat(32),
    source: 'folder /data/acceptance',
    studies: studies.map(({ name }) => name),
  },
  planSha256: 'bc'.repeat(32),
  endedAt: '2026-11-02T08:31:00.000Z',
  ...judgeAcceptance(limits, studies),
  studies,
}
