// The execution providers of ONNX Runtime that the settings may name; which of them a machine has is found out when a network is opened.
export const PROVIDERS = ['cuda', 'tensorrt', 'webgpu', 'cpu'] as const

/** Those that compute on a GPU. */
export const ACCELERATORS = PROVIDERS.filter((one) => one !== 'cpu')
export type Accelerator = (typeof ACCELERATORS)[number]
