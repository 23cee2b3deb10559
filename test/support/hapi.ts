// HAPI FHIR from Maven Central, for tests: HL7's validator, and a JPA server in a process of its own.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const programs = fileURLToPath(new URL('../integration/oracles/hapi', import.meta.url))
const installed = fileURLToPath(new URL('../../out/hapi', import.meta.url))

/** Two slow cores, shared. */
export const HAPI_START_MS = 900_000
const MEMORY = ['-Xmx900m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** Folder of the jars: GLIABRIDGE_TEST_HAPI, else out/hapi, where .ci/run puts them; undefined where there are none. */
export function hapiJars(): string | undefined {
  const folder = process.env.GLIABRIDGE_TEST_HAPI ?? installed
  return existsSync(join(folder, 'SHA256SUMS')) ? folder : undefined
}

export const HOW_TO_INSTALL = 'bash test/integration/oracles/hapi/install.sh out/hapi, and a JDK 17 or newer'

function javaArguments(jars: string, program: string): string[] {
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'
  return [...MEMORY, quiet, '-cp', join(jars, '*'), join(programs, program)]
}

/** Messages of HL7's validator, warnings too: [severity, file, location, text]. */
export async function validateFolder(
  jars: string,
  definitions: string,
  folder: string,
): Promise<{ files: number; messages: string[][] }> {
  const command = [...javaArguments(jars, 'Validate.java'), definitions, folder]
  const { stdout } = await promisify(execFile)('java', command, { maxBuffer: 32 * 1024 * 1024 })
  const lines = stdout.split('\n').map((line) => line.split('\t'))
  const files = Number(lines.find(([first]) => first === 'VALIDATED')?.[1])
  return { files, messages: lines.filter(([first]) => first === 'ERROR' || first === 'WARNING' || first === 'FATAL') }
}

/**
 * Known, and not ours: AIAST is younger than the code systems of R4 4.0.1; without the network the validator has no package of R4
 * to make a snapshot of an extension from, and says so when it judges the definition (it does apply it).
 */
export const KNOWN_ERRORS = [/v3-ObservationValue#AIAST/, /Unable to resolve package id hl7\.fhir\.r4\.core/]

/** Each is explained in docs/conformance/fhir/README.md. */
export const KNOWN_WARNINGS = [
  /v3-ObservationValue#AIAST/,
  /all observations should have a performer/,
  /dom-6/,
  /CodeSystem is unknown and can't be validated: http/,
  /CodeSystem could not be found: http:\/\/loinc.org/,
  /sect_CID_29.html' not found/,
]

/** An empty R4 server on loopback; it ends with this process. */
export async function startHapi(jars: string): Promise<{ url: string; close(): Promise<void> }> {
  const child = spawn('java', javaArguments(jars, 'Serve.java'), { stdio: ['pipe', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-4000)
  })
  const ended = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), HAPI_START_MS)
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      if (line.startsWith('READY ')) resolve(line.slice('READY '.length))
    })
    void ended.then(() => reject(new Error(`HAPI FHIR did not start: ${complaint}`)))
  })
  clearTimeout(timer)
  return {
    url,
    async close() {
      child.stdin.end()
      await ended
    },
  }
}
