// One archive for a machine without npm and without Node: the package, its production modules and Node itself, for the platform that makes it.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Packs the checkout at `root` into `out` and returns the file's name: "gliabridge-0.1.0-linux-x64.tar.gz", with one folder "gliabridge-0.1.0".
 * `effort`: of gzip, 1 to 9.
 */
export function makeArchive(
  root: string,
  out: string,
  { name, version }: { name: string; version: string },
  effort = 6,
): string {
  const place = mkdtempSync(join(tmpdir(), 'gliabridge-archive-'))
  const run = (cwd: string, program: string, ...args: string[]) =>
    execFileSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 }).trim()
  try {
    const packed = run(root, 'npm', 'pack', '--silent', '--pack-destination', place).split('\n').at(-1)!
    const folder = `${name}-${version}`
    run(place, 'tar', '-xzf', packed, `--transform=s,^package,${folder},`)
    const inside = join(place, folder)
    for (const file of ['package-lock.json', '.npmrc']) copyFileSync(join(root, file), join(inside, file))
    run(inside, 'npm', 'ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund')
    leaveOtherPlatforms(inside)
    const file = `${folder}-${process.platform}-${process.arch}.tar.gz`
    const owner = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${committedAt(root)}`]
    run(place, 'tar', '-c', ...owner, `--use-compress-program=gzip -n -${effort}`, '-f', join(out, file), folder)
    return file
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/** ONNX Runtime's package carries the libraries of every platform: a quarter of a gigabyte that this one cannot load. */
function leaveOtherPlatforms(folder: string): void {
  const libraries = join(folder, 'node_modules/onnxruntime-node/bin/napi-v6')
  for (const platform of readdirSync(libraries))
    for (const arch of readdirSync(join(libraries, platform)))
      if (platform !== process.platform || arch !== process.arch)
        rmSync(join(libraries, platform, arch), { recursive: true })
  if (!existsSync(join(libraries, process.platform, process.arch)))
    throw new Error(`ONNX Runtime has no libraries for ${process.platform}-${process.arch}`)
}

/** So that two archives of one commit are the same. */
function committedAt(root: string): string {
  return execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }).trim()
}
