// The metrics of a service to which everything has happened, and which of the figures in a PromQL expression are not among them.
import { type Figures, renderMetrics } from '../../src/telemetry/metrics.ts'
import { readProcessFigures } from '../../src/telemetry/resources.ts'

export const SAMPLE_FIGURES: Omit<Figures, 'process'> = {
  analyses: { queued: 1, held: 2, delivered: 7 },
  legs: [
    { leg: 'ehr', state: 'failed', count: 2, attempts: 7 },
    { leg: 'pacs', state: 'waiting', count: 1, attempts: 3 },
  ],
  steps: [{ step: 'seg"ment\\', count: 3, seconds: 4.5 }],
  oldestOpenSeconds: 12.5,
  peers: [
    { peer: 'pacs', up: true, secondsSinceGood: 4.2 },
    { peer: 'ehr', up: false, secondsSinceGood: 900 },
  ],
  software: { version: '0.1.0', bundleId: 'glioma', modelDigest: 'ab12' },
  holds: { PATIENT_NOT_FOUND: 2 },
  oldestDeliveries: [{ leg: 'pacs', seconds: 33 }],
  watched: { accepted: 9, undecided: 1 },
  leases: 1,
  pools: [{ pool: 'retrieve', size: 3, busy: 2, waiting: 1, oldestSeconds: 71.5 }],
  inFlight: { bytes: 2 ** 28, limit: 2 ** 29, waiting: 4 },
  diskFreeBytes: 2 ** 31,
  inferencePeakBytes: 2 ** 30,
}

export const sampleMetrics = () => renderMetrics({ ...SAMPLE_FIGURES, process: readProcessFigures() })

const FIGURE = /\b((?:gliabridge|process)_\w+)(?:\{([^}]*)\})?/g

export const figuresIn = (expression: string): string[] => [...expression.matchAll(FIGURE)].map(([, name]) => name!)

export function missingFigures(expression: string, metrics: string): string[] {
  return [...expression.matchAll(FIGURE)].flatMap(([text, name, labels = '']) => {
    // "job" is given by Prometheus.
    const own = labels.split(',').filter((label) => label !== '' && !label.startsWith('job='))
    const lines = metrics.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    return lines.some((line) => own.every((label) => line.includes(label))) ? [] : [text]
  })
}
