// The networks of a graph, each on the first provider that works for it.
import { readFile } from 'node:fs/promises'
import { sha256Of } from '../../domain/digest.ts'
import type { RunNetwork } from '../segmentation/run-stage.ts'
import type { NetworkFile, OpenMessage } from './messages.ts'
import { fileFor, type ModelFile } from './model-files.ts'
import { openSession, reasonOf, type Session } from './session.ts'

export interface Networks {
  /** The providers in use, each once. */
  providers: string[]
  run: RunNetwork
}

/** Told while providers are tried; `reason` contains nothing about a patient. */
export interface Trials {
  trying: (provider: string) => void
  declined: (provider: string, reason: string) => void
}

/**
 * Opens and tries each network once, so that one that cannot run is found at start; undefined when no provider works for one of them.
 *
 * On the CPU a session is open only while its network runs: its memory arena makes a run a third faster, but keeps the most that it
 * ever held, and ten arenas are more than a machine has. Opening again takes less than a tenth of a second. On an accelerator, where
 * opening is slow, all of them stay open.
 */
export async function openNetworks(
  { networks, providers, threads }: Pick<OpenMessage, 'networks' | 'providers' | 'threads'>,
  { trying, declined }: Trials,
): Promise<Networks | undefined> {
  const files = new Map(networks.map((network) => [network.name, network]))
  const staying = new Map<string, Session>()
  let current: { name: string; session: Session } | undefined
  const used = new Set<string>()
  for (const network of networks) {
    const session = await firstThatWorks(network)
    if (!session) return undefined
    used.add(session.provider)
  }
  return {
    providers: [...used],
    run: async (name, input, dims) => (await sessionOf(name)).run(input, dims),
  }

  async function firstThatWorks(network: NetworkFile): Promise<Session | undefined> {
    for (const provider of providers) {
      trying(provider)
      let session: Session | undefined
      try {
        session = await open(network, provider)
        if (network.trial) await tryOnce(session, network.output, network.trial)
        if (provider !== 'cpu') staying.set(network.name, session)
        return session
      } catch (error) {
        if (provider !== 'cpu') await session?.close()
        declined(provider, networks.length > 1 ? `${network.name}: ${reasonOf(error)}` : reasonOf(error))
      }
    }
    return undefined
  }

  async function sessionOf(name: string): Promise<Session> {
    if (current?.name === name) return current.session
    return staying.get(name) ?? (await open(files.get(name)!, 'cpu'))
  }

  /** On the CPU, replaces the one that is open there. */
  async function open(network: NetworkFile, provider: string): Promise<Session> {
    await current?.session.close()
    current = undefined
    const session = await openSession(await checkedBytes(fileFor(provider, network)), provider, network, threads)
    if (provider === 'cpu') current = { name: network.name, session }
    return session
  }
}

/** The bytes of a model file; throws if they differ from what the bundle declares. */
export async function checkedBytes({ modelPath, sha256 }: ModelFile): Promise<Uint8Array> {
  const model = await readFile(modelPath)
  if (sha256Of(model) !== sha256) throw new Error('the model file changed since the bundle was checked')
  return model
}

/** So that a network of the wrong shape is found at start and not in the middle of a study. */
async function tryOnce(session: Session, output: string, { dims, width }: NonNullable<NetworkFile['trial']>) {
  const answer = await session.run(new Float32Array(dims.reduce((a, b) => a * b)), dims)
  if (answer.length !== width)
    throw new Error(`output "${output}" has ${answer.length} numbers for an input of ${dims.join(' x ')}, not ${width}`)
}
