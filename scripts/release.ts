// npm run release: what a release is made of, in out/release (-- --out DIR): package, archive with Node inside, CycloneDX bill of materials and VEX, third-party notices, checksums. With -- --tag also
// its tag in this checkout, annotated with the changelog and the checksums; nothing is published. Where the registry gives no advisories it makes nothing and ends with 1.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeArchive } from './release/archive.ts'
import { billOfMaterials } from './release/bom.ts'
import { thirdPartyNotices } from './release/packages.ts'
import { sectionOf, tagMessage } from './release/tag.ts'
import { type AuditReport, vexOf } from './release/vex.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  name: string
  version: string
}
const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim()
const { tag, out, effort } = parseArgs({
  options: {
    tag: { type: 'boolean', default: false },
    out: { type: 'string', default: join(ROOT, 'out/release') },
    /** Of gzip; 1 for a trial. */
    effort: { type: 'string', default: '6' },
  },
}).values
// Before anything is made: a tag names what is committed.
const section = tag ? sectionOf(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'), version) : ''
if (tag && git('status', '--porcelain') !== '')
  throw new Error('there are changes that are not committed: a tag would not name them')

// Asked for first: without an answer there is no release, not even half of one.
const audit = advisories()

const npm = (...args: string[]) => execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 28 })

rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
npm('pack', '--pack-destination', out)
makeArchive(ROOT, out, { name, version }, Number(effort))
const bom = billOfMaterials(ROOT, name)
writeFileSync(join(out, `${name}-${version}.cdx.json`), `${JSON.stringify(bom, null, 2)}\n`)
writeFileSync(
  join(out, `${name}-${version}.vex.json`),
  `${JSON.stringify(vexOf(bom, audit, assessments()), null, 2)}\n`,
)
writeFileSync(join(out, 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(ROOT))
const sums = readdirSync(out)
  .sort()
  .map(
    (file) =>
      `${createHash('sha256')
        .update(readFileSync(join(out, file)))
        .digest('hex')}  ${file}`,
  )
writeFileSync(join(out, 'SHA256SUMS'), `${sums.join('\n')}\n`)
if (tag) {
  const message = tagMessage(name, version, section, sums)
  git('tag', '--annotate', '--cleanup=verbatim', '--message', message, `v${version}`)
  process.stdout.write(`tag v${version}: push it, and attach the files of ${out} to the release\n`)
}
process.stdout.write(`${out}: ${sums.length} files and their SHA256SUMS\n`)

/** Exit code 1 says that there are some. Not every registry knows advisories: a release is made where one does. */
function advisories(): AuditReport {
  const args = ['audit', '--omit', 'dev', '--package-lock-only', '--json']
  const { stdout } = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 28 })
  const report = JSON.parse(stdout || '{}')
  if (report.auditReportVersion === 2) return report
  throw new Error(
    `the registry gave no advisories (${report.message ?? 'npm audit said nothing'}), and a release states what is known of them: make it where "npm audit" works`,
  )
}

function assessments() {
  return JSON.parse(readFileSync(join(ROOT, 'deploy/vex.json'), 'utf8'))
}
