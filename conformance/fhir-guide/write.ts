// Writes the FHIR implementation guide of docs/conformance/fhir: node bin/run.mjs conformance/fhir-guide/write.ts [folder] [--snapshots]
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { guideFiles, snapshotOf } from '../../test/support/fhir-guide.ts'
import { PROFILES } from './profiles.ts'

const arguments_ = process.argv.slice(2)
const folder =
  arguments_.find((argument) => !argument.startsWith('--')) ??
  fileURLToPath(new URL('../../docs/conformance/fhir', import.meta.url))
const files = guideFiles()
if (arguments_.includes('--snapshots')) {
  for (const profile of PROFILES) {
    files.set(`package/StructureDefinition-${profile.id}.json`, `${JSON.stringify(snapshotOf(profile), null, 2)}\n`)
  }
}
await rm(join(folder, 'package'), { recursive: true, force: true })
for (const [path, content] of files) {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), content)
}
console.log(`${files.size} files written to ${folder}/package`)
