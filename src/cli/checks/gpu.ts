// What a machine lacks for each accelerator: the driver, the runtime's own libraries, and those that they need. Linux; elsewhere the system brings them.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import type { Accelerator } from '../../domain/providers.ts'

interface Part {
  /** A file name, looked for where the system loads libraries from, and beside the runtime. */
  library: string
  what: string
  cure: string
}

const driver: Part = { library: 'libcuda.so.1', what: "NVIDIA's driver", cure: 'install the driver of the GPU' }
const cuda = (library: string, what: string): Part => ({
  library,
  what,
  cure: 'install CUDA 12 with cuDNN 9, or use the image of --target cuda',
})
const runtime = (library: string): Part => ({
  library,
  what: 'a part of ONNX Runtime',
  cure: 'npm run gpu:install, which downloads it',
})
const CUDA: Part[] = [
  driver,
  runtime('libonnxruntime_providers_shared.so'),
  runtime('libonnxruntime_providers_cuda.so'),
  cuda('libcudart.so.12', 'the CUDA runtime'),
  cuda('libcublas.so.12', 'cuBLAS'),
  cuda('libcublasLt.so.12', 'cuBLASLt'),
  cuda('libcufft.so.11', 'cuFFT'),
  cuda('libcurand.so.10', 'cuRAND'),
  cuda('libcudnn.so.9', 'cuDNN'),
]
const PARTS: Readonly<Record<Accelerator, Part[]>> = {
  cuda: CUDA,
  tensorrt: [
    ...CUDA,
    runtime('libonnxruntime_providers_tensorrt.so'),
    { library: 'libnvinfer.so.10', what: 'TensorRT', cure: 'install TensorRT 10 for CUDA 12' },
  ],
  webgpu: [{ library: 'libvulkan.so.1', what: 'the Vulkan loader', cure: 'install the package libvulkan1' }],
}
const VULKAN_FOLDERS = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d']

/** What is missing, a line for each cure: "the CUDA runtime (libcudart.so.12), cuDNN (libcudnn.so.9): install CUDA 12 …"; none where nothing is. */
export function missingFor(provider: Accelerator, platform: string = process.platform): string[] {
  if (platform !== 'linux')
    return provider === 'webgpu' ? [] : [`the npm package of ONNX Runtime has no ${provider} for ${platform}`]
  const has = libraries()
  const missing = PARTS[provider].filter(({ library }) => !has(library))
  const lines = [...Map.groupBy(missing, ({ cure }) => cure)].map(
    ([cure, parts]) => `${parts.map(({ what, library }) => `${what} (${library})`).join(', ')}: ${cure}`,
  )
  if (provider === 'webgpu' && vulkanDrivers().length === 0)
    lines.push(`a Vulkan driver (in ${VULKAN_FOLDERS.join(', ')}): install the driver of the GPU`)
  return lines
}

/** As the dynamic loader does: its cache, LD_LIBRARY_PATH, and the folder of the runtime. */
function libraries(): (library: string) => boolean {
  let cache = ''
  try {
    // Paths that end with a zero byte, among others: no program is started to print them.
    cache = readFileSync('/etc/ld.so.cache', 'latin1')
  } catch {
    // A slim image may lack it: the folders below are looked at all the same.
  }
  const folders = [
    ...(process.env.LD_LIBRARY_PATH ?? '').split(delimiter).filter((one) => one !== ''),
    join(
      dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')),
      'bin/napi-v6',
      process.platform,
      process.arch,
    ),
  ]
  return (library) => cache.includes(`/${library}\0`) || folders.some((folder) => existsSync(join(folder, library)))
}

/** The loader's own variables go before its folders. */
function vulkanDrivers(): string[] {
  const named = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES
  if (named) return named.split(delimiter).filter((file) => existsSync(file))
  return VULKAN_FOLDERS.flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []))
}
