// Metrics in the Prometheus text format 0.0.4, computed from the record on request, so that a restart loses none.
import type { ProcessFigures } from './resources.ts'

/** Figures from the store and the process; labels are states, legs and steps, never patients. */
export interface Figures {
  /** state → analyses */
  analyses: Readonly<Record<string, number>>
  legs: readonly { leg: string; state: string; count: number; attempts: number }[]
  /** PACS and EHR: whether their last answer was as it should be, and how long ago the last such answer was (since the start if there was none). */
  peers: readonly { peer: string; up: boolean; secondsSinceGood: number }[]
  software: { version: string; bundleId: string; modelDigest: string }
  /** Completed steps of analyses, with their total time. */
  steps: readonly { step: string; count: number; seconds: number }[]
  /** Age of the oldest analysis that should be moving, in seconds; 0 if there is none. */
  oldestOpenSeconds: number
  /** Error code → number of analyses held for it. */
  holds: Readonly<Record<string, number>>
  oldestDeliveries: readonly { leg: string; seconds: number }[]
  /** Outcomes of the studies seen. */
  watched: Readonly<Record<string, number>>
  leases: number
  /** Of this process: work in progress, work waiting, and the age of the oldest of both in seconds. */
  pools: readonly { pool: string; size: number; busy: number; waiting: number; oldestSeconds: number }[]
  /** Images that this process holds, and how many analyses are waiting for memory. */
  inFlight: { bytes: number; limit: number; waiting: number }
  /** Of the folder with state and images; undefined if there is none, as with PostgreSQL and no images kept. */
  diskFreeBytes: number | undefined
  /** Highest resident memory of the inference process; undefined while there is none. */
  inferencePeakBytes: number | undefined
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
  const gauge = (name: string, help: string, value: number) => gauges(name, help, [{ value }])
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
  return [...families, ...moreFamilies(figures), ...poolFamilies(figures)].map(renderFamily).join('')
}

/** Of this process alone; what waits in the record is in gliabridge_analyses and gliabridge_legs. */
function poolFamilies({ pools, inFlight }: Figures): Family[] {
  const ofEach = (value: (one: Figures['pools'][number]) => number) =>
    pools.map((one) => ({ labels: { pool: one.pool }, value: value(one) }))
  return [
    gauges(
      'gliabridge_pool_size',
      'Pieces of work that this process does at once, by pool.',
      ofEach(({ size }) => size),
    ),
    gauges(
      'gliabridge_pool_busy',
      'Pieces of work that this process does now, by pool.',
      ofEach(({ busy }) => busy),
    ),
    gauges(
      'gliabridge_pool_waiting',
      'Analyses in hand that wait for room in a pool.',
      ofEach(({ waiting }) => waiting),
    ),
    gauges(
      'gliabridge_pool_oldest_seconds',
      'Age of the oldest piece of work that is in a pool or waits for it.',
      ofEach(({ oldestSeconds }) => oldestSeconds),
    ),
    gauges('gliabridge_in_flight_bytes', 'Voxels of the studies in hand.', [{ value: inFlight.bytes }]),
    gauges('gliabridge_in_flight_limit_bytes', 'How much of them there may be (pools.inFlightMiB).', [
      { value: inFlight.limit },
    ]),
    gauges('gliabridge_in_flight_waiting', 'Analyses in hand that wait to be retrieved until there is room.', [
      { value: inFlight.waiting },
    ]),
  ]
}

function gauges(name: string, help: string, samples: Family['samples']): Family {
  return { name, type: 'gauge', help, samples }
}

/** What is waiting, and how much room there is. */
function moreFamilies(figures: Figures): Family[] {
  const { holds, oldestDeliveries, watched, leases, diskFreeBytes, inferencePeakBytes } = figures
  const isThere = inferencePeakBytes !== undefined
  return [
    gauges('gliabridge_holds', 'Held analyses by the code of the reason.', labelled('code', holds)),
    gauges(
      'gliabridge_oldest_delivery_seconds',
      'Age of the oldest analysis whose delivery still waits, by leg.',
      oldestDeliveries.map(({ leg, seconds }) => ({ labels: { leg }, value: seconds })),
    ),
    gauges(
      'gliabridge_watched_studies',
      'Studies that were seen, by what became of them.',
      labelled('outcome', watched),
    ),
    gauges('gliabridge_leases', 'Analyses that a worker of any process has now.', [{ value: leases }]),
    gauges(
      'gliabridge_disk_free_bytes',
      'Room on the disk of store.dataDir.',
      diskFreeBytes === undefined ? [] : [{ value: diskFreeBytes }],
    ),
    gauges(
      'gliabridge_inference_up',
      'Whether the inference process runs; between a crash and the next study it does not.',
      [{ value: Number(isThere) }],
    ),
    gauges(
      'gliabridge_inference_peak_resident_memory_bytes',
      'Highest resident memory of the inference process (Linux).',
      isThere ? [{ value: inferencePeakBytes }] : [],
    ),
  ]
}

function labelled(label: string, counts: Readonly<Record<string, number>>): Family['samples'] {
  return Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }))
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
