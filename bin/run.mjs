#!/usr/bin/env node
// Runs a tool or a TypeScript file on Node 24, whatever Node started npm: the platform packages of Node come in as optional dependencies.
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)

/** Path of a Node that runs TypeScript by type stripping (>= 22.18, else from the npm platform package). */
export function nodeBinary() {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${platform}-${process.arch}`
  try {
    const folder = dirname(require.resolve(`${name}/package.json`))
    const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    if (existsSync(binary)) return binary
  } catch {
    // Not installed for this platform: the running Node may be new enough.
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath
  console.error(
    `gliabridge: needs Node 22.18 or newer; this is ${process.versions.node}, and npm has no package ${name} for this platform. ` +
      'Install Node 24, or run "npm ci" again without --omit=optional.',
  )
  process.exit(1)
}

/** The file that a tool's package.json names as its executable. */
function toolEntry(tool) {
  const packageName = { tsc: 'typescript' }[tool] ?? tool
  const manifest = join(root, 'node_modules', packageName, 'package.json')
  const { bin } = require(manifest)
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[tool])
}

/** For that process and all that it starts: as a package, our files lie where Node itself strips no types. */
function withStripping() {
  const preload = new URL('./strip-types.mjs', import.meta.url).href
  return `${process.env.NODE_OPTIONS ?? ''} --disable-warning=ExperimentalWarning --import=${preload}`.trim()
}

/** In this process no flag can be set any more: of Node's warnings that of the experimental feature that we use on purpose is left out. */
function muteExperiments() {
  const { emitWarning } = process
  process.emitWarning = (warning, ...more) => {
    if (/^stripTypeScriptTypes /.test(String(warning))) return
    emitWarning.call(process, warning, ...more)
  }
}

/**
 * Runs the file on that Node. Where the running one is it, in this very process; else in a child, to which signals go and
 * whose exit code comes back. The child holds one end of a pipe and stops when the other closes: a launcher that is killed
 * leaves no service behind.
 */
export async function run(file, args) {
  const binary = nodeBinary()
  const isInstalled = root.split(sep).includes('node_modules')
  if (!isInstalled && realpathSync(binary) === realpathSync(process.execPath)) {
    process.argv = [process.execPath, file, ...args]
    muteExperiments()
    await import(pathToFileURL(file).href)
    return
  }
  const preload = new URL('./end-with-launcher.mjs', import.meta.url).href
  const child = spawn(binary, ['--disable-warning=ExperimentalWarning', '--import', preload, file, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, ...(isInstalled && { NODE_OPTIONS: withStripping() }), GLIABRIDGE_LAUNCHER_FD: '3' },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`gliabridge: ${binary} cannot be started: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)))
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [what, ...args] = process.argv.slice(2)
  if (!what) throw new Error('usage: run.mjs <tool or file.ts> [arguments]')
  await run(/\.[mc]?[jt]s$/.test(what) ? resolve(what) : toolEntry(what), args)
}
