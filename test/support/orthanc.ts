// A real Orthanc with its DICOMweb plugin, from the Debian packages, on a free port in a folder of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from './free-port.ts'

const PLUGIN = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so'
const BINARIES = ['/usr/sbin/Orthanc', '/usr/bin/Orthanc', '/usr/local/sbin/Orthanc']
const START_MS = 30_000
const STOP_MS = 10_000

export interface TestOrthanc {
  /** DICOMweb service root. */
  url: string
  /** Orthanc's own REST root. */
  restUrl: string
  username: string
  password: string
  pid: number
  /** Stops it without deleting, `kill` at once. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts it again on the same port and folder. */
  start(): Promise<void>
  close(): Promise<void>
}

/** Why no Orthanc can be started here, or undefined. */
export function missingOrthanc(): string | undefined {
  if (!BINARIES.some((path) => existsSync(path)))
    return 'Orthanc is not installed (apt-get install orthanc orthanc-dicomweb)'
  return existsSync(PLUGIN) ? undefined : `the DICOMweb plugin is not at ${PLUGIN} (apt-get install orthanc-dicomweb)`
}

/** What the DICOMweb plugin answers to requests for metadata: read from the files, from its index, or guessed from a few instances. */
export type MetadataMode = 'Full' | 'MainDicomTags' | 'Extrapolate'

export async function startOrthanc(metadata: MetadataMode = 'Full'): Promise<TestOrthanc> {
  const missing = missingOrthanc()
  if (missing !== undefined) throw new Error(missing)
  const binary = BINARIES.find((path) => existsSync(path))!
  const folder = await mkdtemp(join(tmpdir(), 'gliabridge-orthanc-'))
  const [port, dicomPort] = [await freePort(), await freePort()]
  const [username, password] = ['service', 'loopback-only']
  const settings = {
    Name: 'gliabridge-test',
    StorageDirectory: join(folder, 'db'),
    IndexDirectory: join(folder, 'db'),
    RemoteAccessAllowed: false,
    HttpServerEnabled: true,
    HttpPort: port,
    DicomServerEnabled: false,
    DicomPort: dicomPort,
    AuthenticationEnabled: true,
    RegisteredUsers: { [username]: password },
    Plugins: [PLUGIN],
    DicomWeb: {
      Enable: true,
      Root: '/dicom-web/',
      EnableWado: true,
      WadoRoot: '/wado',
      Ssl: false,
      StudiesMetadata: metadata,
      SeriesMetadata: metadata,
      PublicRoot: '/dicom-web/',
    },
    // With Latin1, the default, QIDO-RS loses the names.
    DefaultEncoding: 'Utf8',
    StableAge: 2,
    OverwriteInstances: false,
  }
  const path = join(folder, 'orthanc.json')
  const logPath = join(folder, 'orthanc.log')
  await writeFile(path, JSON.stringify(settings))
  const restUrl = `http://127.0.0.1:${port}`
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  let child: ChildProcess | undefined
  // A test that crashes must not leave a server behind.
  const killChild = () => child?.kill('SIGKILL')
  process.once('exit', killChild)

  async function start(): Promise<void> {
    const started = spawn(binary, [`--logfile=${logPath}`, path], { stdio: 'ignore' })
    child = started
    let failed: string | undefined
    started.once('error', (error) => {
      failed = error.message
    })
    for (const end = Date.now() + START_MS; Date.now() < end; await wait(50)) {
      if (failed !== undefined || started.exitCode !== null) break
      const answer = await fetch(`${restUrl}/system`, { headers: { authorization } }).catch(() => undefined)
      if (answer?.ok) return
    }
    const log = await readFile(logPath, 'utf8').catch(() => '')
    await stop('SIGKILL')
    throw new Error(`Orthanc did not start: ${failed ?? ''}\n${log.slice(-2000)}`)
  }

  async function stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const stopping = child
    child = undefined
    if (stopping === undefined || stopping.exitCode !== null || stopping.signalCode !== null) return
    const ended = new Promise<void>((resolve) => stopping.once('exit', () => resolve()))
    stopping.kill(signal)
    // A start before the end would find the port taken.
    const killer = setTimeout(() => stopping.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(killer)
  }

  await start()
  return {
    url: `${restUrl}/dicom-web`,
    restUrl,
    username,
    password,
    get pid() {
      return child?.pid ?? 0
    },
    stop,
    start,
    async close() {
      await stop()
      process.off('exit', killChild)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
