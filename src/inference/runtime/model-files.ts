// Which files of a bundle hold its networks and heads, and with which digests.
import type { Network } from '../bundle/graph.ts'
import type { Bundle } from '../bundle/manifest.ts'

export interface ModelFile {
  modelPath: string
  /** Declared: the bytes that are run are the bytes that were checked. */
  sha256: string
}

/** A network's file, and the one that stands in for it on the CPU. */
export interface NetworkFiles {
  file: ModelFile
  cpuFile?: ModelFile
}

export function modelFile(name: string, { files }: Pick<Bundle, 'files'>, folder: string): ModelFile {
  return { modelPath: `${folder}/${name}`, sha256: files[name]!.sha256 }
}

export function filesOf({ file, cpu_file }: Network, bundle: Pick<Bundle, 'files'>, folder: string): NetworkFiles {
  return {
    file: modelFile(file, bundle, folder),
    ...(cpu_file !== undefined && { cpuFile: modelFile(cpu_file, bundle, folder) }),
  }
}

export function fileFor(provider: string, { file, cpuFile }: NetworkFiles): ModelFile {
  return provider === 'cpu' ? (cpuFile ?? file) : file
}
