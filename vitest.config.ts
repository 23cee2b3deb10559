import { defineConfig } from 'vitest/config'

// What needs nothing installed and starts no whole service, in less than three minutes on two cores. Files share a process, in which
// dcmjs, Medplum's definitions and the embedded database are loaded once: no test may leave anything changed in it.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/integration/**'],
    setupFiles: ['src/dispatcher.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    isolate: false,
    // Node reads the files itself, as it does in the service, instead of Vite's transform: half of the time.
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
})
