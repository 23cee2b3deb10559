// The files of a bundle that hold its networks and heads, as they are opened: only with the bytes that the bundle declares.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Of } from '../../domain/digest.ts'
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
  return { modelPath: join(folder, name), sha256: files[name]!.sha256 }
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

/** The bytes of a model file; throws if they differ from what the bundle declares. */
export async function checkedBytes({ modelPath, sha256 }: ModelFile): Promise<Uint8Array> {
  const model = await readFile(modelPath)
  if (sha256Of(model) !== sha256) throw new Error('the model file changed since the bundle was checked')
  return model
}
