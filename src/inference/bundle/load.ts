// Reads a bundle folder and verifies that every file is the one named in its manifest.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Of } from '../../domain/digest.ts'
import { AppError } from '../../domain/errors.ts'
import type { BundleIdentity } from '../../domain/finding.ts'
import { jsonExcess } from '../../domain/json-excess.ts'
import { encoderProblems } from './encoder.ts'
import { type Library, parseLibrary } from './library.ts'
import { type Bundle, type LoadedBundle, parseBundle } from './manifest.ts'
import { modelDigest } from './model-digest.ts'

/** Loads a bundle folder; BUNDLE_INVALID names every file that is missing or differs from its declaration. */
export async function loadBundle(folder: string): Promise<LoadedBundle> {
  const bytes = await readFile(join(folder, 'bundle.json')).catch((cause: unknown) => {
    throw new AppError('BUNDLE_INVALID', `bundle.json cannot be read in ${folder}`, { cause })
  })
  const raw = parseJson(bytes)
  const bundle = parseBundle(raw)
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
    digest: sha256Of(bytes),
    modelDigest: modelDigest(raw as Record<string, unknown>),
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
