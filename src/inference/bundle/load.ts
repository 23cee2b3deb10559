// Reads a bundle folder and verifies that every file is the one named in its manifest; lists the bundles in a folder.
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { InstalledBundle } from '../../domain/bundles.ts'
import { sha256Of } from '../../domain/digest.ts'
import { AppError, asAppError } from '../../domain/errors.ts'
import type { BundleIdentity } from '../../domain/finding.ts'
import { jsonExcess } from '../../domain/json-excess.ts'
import { declaredControl } from './change-control.ts'
import { encoderProblems } from './encoder.ts'
import { type Library, parseLibrary } from './library.ts'
import { type Bundle, type LoadedBundle, parseBundle, runnableHeads } from './manifest.ts'
import { modelDigest } from './model-digest.ts'

/** Loads a bundle folder; BUNDLE_INVALID names every file that is missing or differs from its declaration. */
export async function loadBundle(folder: string): Promise<LoadedBundle> {
  const { bundle, digest, model } = await readManifest(folder)
  const problems: string[] = []
  const contents = new Map<string, Uint8Array>()
  for (const [name, declared] of Object.entries(bundle.files)) {
    const content = await readFile(join(folder, name)).catch(() => undefined)
    if (!content) problems.push(`${name} cannot be read`)
    else if (sha256Of(content) !== declared.sha256) {
      problems.push(
        `${name} has sha256 ${sha256Of(content)} and ${content.length} bytes, but bundle.json declares ${declared.sha256} and ${declared.bytes}`,
      )
    } else if (content.length !== declared.bytes) {
      problems.push(`${name} has ${content.length} bytes, but bundle.json declares ${declared.bytes}`)
    } else if (/\.(json|bin)$/.test(name)) contents.set(name, content)
  }
  if (problems.length > 0) throw new AppError('BUNDLE_INVALID', `bundle ${bundle.id}: ${problems.join('; ')}`)
  const library = readLibrary(bundle, contents)
  const identity: BundleIdentity = {
    id: bundle.id,
    version: bundle.version,
    name: bundle.name,
    digest,
    modelDigest: model,
    weightsDigest: weightsDigest(bundle),
    license: bundle.license,
    intendedUse: bundle.intended_use,
    cardDigest: bundle.files['card.md']!.sha256,
    ...(bundle.udi && {
      udi: {
        deviceIdentifier: bundle.udi.device_identifier,
        issuer: bundle.udi.issuer,
        ...(bundle.udi.carrier_hrf !== undefined && { carrierHRF: bundle.udi.carrier_hrf }),
      },
    }),
  }
  return { ...bundle, folder, identity, ...(library && { library }) }
}

async function readManifest(folder: string): Promise<{ bundle: Bundle; digest: string; model: string }> {
  const bytes = await readFile(join(folder, 'bundle.json')).catch((cause: unknown) => {
    throw new AppError('BUNDLE_INVALID', `bundle.json cannot be read in ${folder}`, { cause })
  })
  const raw = parseJson(bytes)
  return { bundle: parseBundle(raw), digest: sha256Of(bytes), model: modelDigest(raw as Record<string, unknown>) }
}

/** By the manifests alone: the files are read when a bundle is loaded. Throws BUNDLE_INVALID if the folder of folders cannot be read. */
export async function listBundles(folders: string | undefined, ...single: string[]): Promise<InstalledBundle[]> {
  const entries =
    folders === undefined
      ? []
      : await readdir(folders, { withFileTypes: true }).catch((cause: unknown) => {
          throw new AppError('BUNDLE_INVALID', `the folder of installed bundles cannot be read: ${folders}`, { cause })
        })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const all = new Set([...single, ...names.sort().map((name) => join(folders!, name))].map((folder) => resolve(folder)))
  return Promise.all(
    [...all].map(async (folder): Promise<InstalledBundle> => {
      try {
        const { bundle, digest, model } = await readManifest(folder)
        const { id, version, name, change_control: control } = bundle
        return {
          folder,
          bundle: { id, version, digest, modelDigest: model },
          name,
          changeControl: control && declaredControl(control),
          regions: Object.keys(bundle.regions),
          heads: runnableHeads(bundle).map((one) => one.name),
        }
      } catch (thrown) {
        return { folder, problem: asAppError(thrown).message }
      }
    }),
  )
}

/** The encoder's library, from files whose digests match the manifest. */
function readLibrary(bundle: Bundle, contents: ReadonlyMap<string, Uint8Array>): Library | undefined {
  const name = bundle.encoder?.library?.file
  if (name === undefined) return undefined
  const raw = parseJson(contents.get(name)!, name)
  const matrix = contents.get((raw as { file?: string } | null)?.file ?? '')
  if (!matrix) throw new AppError('BUNDLE_INVALID', `bundle ${bundle.id}: the matrix of ${name} is not listed in files`)
  const library = parseLibrary(raw, matrix)
  const problems = encoderProblems(bundle.encoder, bundle.heads, library.facts.value_width)
  if (problems.length > 0) throw new AppError('BUNDLE_INVALID', `bundle ${bundle.id}: ${problems.join('; ')}`)
  return library
}

/** For a single network its own digest; for several, one digest over theirs, in the order of the manifest. */
function weightsDigest({ graph, files }: Bundle): string {
  const digests = Object.values(graph.networks).map(({ file }) => files[file]!.sha256)
  return digests.length === 1 ? digests[0]! : sha256Of(new TextEncoder().encode(digests.join('\n')))
}

function parseJson(bytes: Uint8Array, name = 'bundle.json'): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const excess = jsonExcess(text)
    if (excess) throw new AppError('BUNDLE_INVALID', `${name} ${excess}`)
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('BUNDLE_INVALID', `${name} is not JSON in UTF-8`, { cause })
  }
}
