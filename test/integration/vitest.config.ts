import { defineConfig } from 'vitest/config'

/** What kills, waits for leases or counts what comes in time: each by itself, after the others. */
const APART = [
  'faults',
  'kill',
  'orthanc',
  'postgres',
  'postgres-clock',
  'real-faults',
  'receive-kill',
  'scale-out',
  'store-kill',
].map((name) => `test/integration/${name}.test.ts`)

const common = {
  root: new URL('../..', import.meta.url).pathname,
  setupFiles: ['src/dispatcher.ts'],
  testTimeout: 600_000,
  hookTimeout: 300_000,
}
const beside = { name: 'beside', include: ['test/integration/**/*.test.ts'], exclude: APART, maxWorkers: 2 }
const apart = { name: 'apart', include: APART, fileParallelism: false }

// The whole service and its command line, and suites against real parts; each file starts what it needs, on free ports and in folders
// of its own. Two at a time on two cores: most of the time one waits for a server, a browser or a timer.
export default defineConfig({
  test: {
    projects: [beside, apart].map((project, groupOrder) => ({
      test: { ...common, ...project, sequence: { groupOrder } },
    })),
  },
})
