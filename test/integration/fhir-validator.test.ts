// Our resources before HL7's own Java validator (through HAPI FHIR): GLIABRIDGE_TEST_HAPI is a folder with the jars of oracles/hapi/pom.xml.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { buildReport } from '../support/built-report.ts'
import { sampleReport } from '../support/fhir-report.ts'

const jars = process.env.GLIABRIDGE_TEST_HAPI
const program = new URL('oracles/hapi/Validate.java', import.meta.url).pathname

describe('the resources of a report, by the Java validator', () => {
  it.skipIf(!jars)('are valid base R4 (needs GLIABRIDGE_TEST_HAPI)', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gliabridge-fhir-'))
    try {
      const { resources, anchor } = buildReport(sampleReport())
      const all = [...resources, ['anchor', anchor] as const]
      for (const [role, resource] of all) await writeFile(join(folder, `${role}.json`), JSON.stringify(resource))
      // A resource that must fail, so that silence means something.
      await writeFile(join(folder, 'wrong.json'), JSON.stringify({ ...anchor, status: 'banana' }))
      const { stdout } = await promisify(execFile)('java', ['-cp', join(jars ?? '', '*'), program, folder])
      const errors = stdout.split('\n').filter((line) => line.startsWith('ERROR'))
      expect(stdout).toContain(`VALIDATED\t${all.length + 1}`)
      expect(errors.some((line) => line.includes('wrong.json'))).toBe(true)
      // AIAST is younger than the code systems of R4 4.0.1: current HL7 Terminology has it, and nothing else may be wrong.
      const unexpected = errors.filter(
        (line) => !line.includes('wrong.json') && !/v3-ObservationValue#AIAST/.test(line),
      )
      expect(unexpected).toEqual([])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
