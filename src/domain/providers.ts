// The execution providers of ONNX Runtime that the settings may name; which of them a machine has is found out when a network is opened.
export const PROVIDERS = ['cuda', 'tensorrt', 'webgpu', 'cpu'] as const

/** Those that compute on a GPU. */
export const ACCELERATORS = PROVIDERS.filter((one) => one !== 'cpu')
export type Accelerator = (typeof ACCELERATORS)[number]

/** Those of which a machine with several GPUs has one for each. */
const INDEXED: readonly string[] = ['cuda', 'tensorrt']
export const isIndexed = (provider: string) => INDEXED.includes(provider)

/** "cuda" on the GPU with the index 1 is "cuda:1"; the others choose their device by themselves. */
export function onGpu(provider: string, gpu: number): string {
  return isIndexed(provider) ? `${provider}:${gpu}` : provider
}
