// Metrics in the Prometheus text format 0.0.4, made from the record when they are asked for, so a restart loses none.
import type { ProcessFigures } from './resources.ts'

/** Figures from the store and the process; labels are states, legs and steps, never patients. */
export interface Figures {
  /** state → analyses */
  analyses: Readonly<Record<string, number>>
  legs: readonly { leg: string; state: string; count: number; attempts: number }[]
  /** PACS and EHR: whether they answered last as they must, and how long ago they did (since the start when they never did). */
  peers: readonly { peer: string; up: boolean; secondsSinceGood: number }[]
  software: { version: string; bundleId: string; modelDigest: string }
  /** Completed steps of analyses, with their total time. */
  steps: readonly { step: string; count: number; seconds: number }[]
  /** Age of the oldest analysis that should be moving, in seconds; 0 when none. */
  oldestOpenSeconds: number
  process: ProcessFigures
}

interface Family {
  name: string
  type: 'gauge' | 'counter' | 'summary'
  help: string
  samples: { suffix?: string; labels?: Record<string, string>; value: number }[]
}

export function renderMetrics(figures: Figures): string {
  const { analyses, legs, peers, software, steps, process } = figures
  const gauge = (name: string, help: string, value: number): Family => ({
    name,
    type: 'gauge',
    help,
    samples: [{ value }],
  })
  const families: Family[] = [
    {
      name: 'gliabridge_analyses',
      type: 'gauge',
      help: 'Analyses by state.',
      samples: Object.entries(analyses).map(([state, value]) => ({ labels: { state }, value })),
    },
    {
      name: 'gliabridge_legs',
      type: 'gauge',
      help: 'Deliveries by leg and state.',
      samples: legs.map(({ leg, state, count }) => ({ labels: { leg, state }, value: count })),
    },
    {
      name: 'gliabridge_leg_attempts',
      type: 'gauge',
      help: 'Attempts made by the deliveries that are in this state.',
      samples: legs.map(({ leg, state, attempts }) => ({ labels: { leg, state }, value: attempts })),
    },
    {
      name: 'gliabridge_peer_up',
      type: 'gauge',
      help: 'Whether PACS and EHR last answered as they must.',
      samples: peers.map(({ peer, up }) => ({ labels: { peer }, value: Number(up) })),
    },
    {
      name: 'gliabridge_peer_seconds_since_good',
      type: 'gauge',
      help: 'Time since PACS (a whole look for studies) and EHR last answered as they must; since the start when they never did.',
      samples: peers.map(({ peer, secondsSinceGood }) => ({ labels: { peer }, value: secondsSinceGood })),
    },
    {
      name: 'gliabridge_build_info',
      type: 'gauge',
      help: 'Always 1; the labels say what runs.',
      samples: [
        { labels: { version: software.version, bundle: software.bundleId, model: software.modelDigest }, value: 1 },
      ],
    },
    {
      name: 'gliabridge_step_seconds',
      type: 'summary',
      help: 'Time of the completed steps of analyses.',
      samples: steps.flatMap(({ step, count, seconds }) => [
        { suffix: '_sum', labels: { step }, value: seconds },
        { suffix: '_count', labels: { step }, value: count },
      ]),
    },
    gauge(
      'gliabridge_oldest_open_seconds',
      'Age of the oldest analysis that is neither delivered, held nor superseded.',
      figures.oldestOpenSeconds,
    ),
    gauge('process_resident_memory_bytes', 'Resident memory of the service.', process.residentBytes),
    gauge('gliabridge_peak_resident_memory_bytes', 'Highest resident memory of the service so far.', process.peakBytes),
    {
      name: 'process_cpu_seconds_total',
      type: 'counter',
      help: 'Processor time of the service.',
      samples: [{ value: process.cpuSeconds }],
    },
    gauge('process_start_time_seconds', 'When the service started, Unix time.', process.startedAtSeconds),
    gauge('gliabridge_uptime_seconds', 'Time since the service started.', process.uptimeSeconds),
  ]
  return families.map(renderFamily).join('')
}

function renderFamily({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ suffix = '', labels, value }) => `${name}${suffix}${renderLabels(labels)} ${value}`)
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
}

function renderLabels(labels: Record<string, string> = {}): string {
  const pairs = Object.entries(labels).map(
    ([key, value]) => `${key}="${value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`,
  )
  return pairs.length > 0 ? `{${pairs.join(',')}}` : ''
}
