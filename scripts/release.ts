// npm run release: what a release is made of, in out/release: package, CycloneDX bill of materials and VEX, third-party notices, checksums.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { thirdPartyNotices } from './release/packages.ts'
import { type AuditReport, vexOf } from './release/vex.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const out = join(ROOT, 'out/release')
const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  name: string
  version: string
}
const npm = (...args: string[]) => execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 28 })

rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
npm('pack', '--pack-destination', out)
const bom = JSON.parse(
  npm('sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--omit', 'dev', '--package-lock-only'),
)
// npm names it after the folder of the checkout.
bom.metadata.component.name = name
writeFileSync(join(out, `${name}-${version}.cdx.json`), `${JSON.stringify(bom, null, 2)}\n`)
writeFileSync(
  join(out, `${name}-${version}.vex.json`),
  `${JSON.stringify(vexOf(bom, advisories(), assessments()), null, 2)}\n`,
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
