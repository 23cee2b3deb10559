// gpu-check: what is missing on a machine without a GPU; and WebGPU for real, on SwiftShader, the Vulkan of the processor that Chromium brings.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGREEMENT_BOUND } from '../../src/inference/runtime/agreement.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TINY = join(ROOT, 'test/golden/inference/tiny-bundle')
/** Exported before 3D transposed convolutions were rewritten. */
const UNET = join(ROOT, 'config/models/glioma-unet-2mm')
const CHROMIUM = '/usr/lib/chromium'
const SWIFTSHADER = `${CHROMIUM}/vk_swiftshader_icd.json`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gliabridge-gpu-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function run(args: string[], env: Record<string, string>) {
  const main = ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/cli/main.ts'), ...args]
  const { PATH = '' } = process.env
  return spawnSync(process.execPath, main, { cwd: folder, env: { PATH, ...env }, encoding: 'utf8', timeout: 300_000 })
}

it('says what a machine without a GPU lacks, with the cure, and names no network then', () => {
  const { status, stdout } = run(['gpu-check', '--bundle', TINY, '--providers', 'cuda,webgpu'], {
    VK_DRIVER_FILES: join(folder, 'none.json'),
  })
  expect(status).toBe(1)
  expect(stdout).toMatch(/cuda: cannot be used; missing:[\s\S]*NVIDIA's driver \(libcuda.so.1\): install/)
  expect(stdout).toMatch(/libonnxruntime_providers_cuda.so\).*: npm run gpu:install/)
  expect(stdout).toMatch(/webgpu: cannot be used; missing:[\s\S]*a Vulkan driver/)
  expect(stdout).not.toContain('segmentation')
})

it('refuses a provider and a network that there are not', () => {
  const provider = run(['gpu-check', '--bundle', TINY, '--providers', 'cpu'], {})
  expect([provider.status, provider.stderr]).toEqual([2, expect.stringContaining('cuda, tensorrt, webgpu, not cpu')])
  const network = run(['gpu-check', '--bundle', TINY, '--networks', 'heart'], {})
  expect([network.status, network.stderr]).toEqual([2, expect.stringContaining('has no network heart')])
})

describe.skipIf(!existsSync(SWIFTSHADER))('on a GPU that the processor plays', () => {
  const env = { VK_DRIVER_FILES: SWIFTSHADER, VK_ICD_FILENAMES: SWIFTSHADER, LD_LIBRARY_PATH: CHROMIUM }

  it('a network of the default bundle agrees with its form for the CPU', () => {
    const { status, stdout } = run(['gpu-check', '--providers', 'webgpu', '--networks', 'core-axial'], env)
    const [, difference, ranOn] =
      /core-axial: agrees, (\S+) of the largest output; \d+ ms on (.+), \d+ ms on cpu/.exec(stdout) ?? []
    expect(ranOn, stdout).toBe('webgpu')
    expect(Number(difference)).toBeGreaterThan(0)
    expect(Number(difference)).toBeLessThan(AGREEMENT_BOUND)
    expect(status).toBe(0)
  })

  it('a network that WebGPU cannot run says why: it goes to the next provider of the settings', () => {
    const { status, stdout } = run(['gpu-check', '--bundle', UNET, '--providers', 'webgpu'], env)
    expect(stdout).toMatch(/segmentation: declined: .*ConvTranspose/)
    expect(status).toBe(1)
  })

  it('a whole bundle runs there when the settings say so, and the record says where', async () => {
    const systems = { identifierSystem: 'https://h.example/mrn', analysisSystem: 'https://h.example/a' }
    const site = {
      pacs: { url: 'http://127.0.0.1:9' },
      ehr: { url: 'http://127.0.0.1:9', ...systems },
      inference: { bundle: TINY, providers: ['cuda', 'webgpu', 'cpu'] },
    }
    await writeFile(join(folder, 'site.json'), JSON.stringify(site))
    const { status, stdout } = run(['--config', 'site.json', 'verify-bundle'], env)
    expect(status).toBe(0)
    expect(stdout).toMatch(/network runs on webgpu \(onnxruntime-node /)
    expect(stdout).toContain('cuda was not used: ')
    expect(run(['gpu-check', '--bundle', TINY, '--providers', 'webgpu'], env).status).toBe(0)
  })
})
