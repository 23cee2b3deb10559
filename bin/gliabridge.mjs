#!/usr/bin/env node
// The command line: starts src/cli/main.ts on Node 24.
import { fileURLToPath } from 'node:url'
import { run } from './run.mjs'

await run(fileURLToPath(new URL('../src/cli/main.ts', import.meta.url)), process.argv.slice(2))
