import { defineConfig } from 'vitest/config'

// The whole service and its command line, and suites against real parts; each file starts what it needs. One at a time: two cores.
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/integration/**/*.test.ts'],
    setupFiles: ['src/dispatcher.ts'],
    testTimeout: 600_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
})
