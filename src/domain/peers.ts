// What is known of the two systems the service depends on: whether the last answer of each was as it should be, and since when not.
import type { AppError, ErrorCode } from './errors.ts'

export const PEERS = ['pacs', 'ehr'] as const
export type Peer = (typeof PEERS)[number]

export interface PeerState {
  peer: Peer
  /** undefined before the first answer or failure */
  up?: boolean
  /** Last proper answer; ISO 8601. */
  goodAt?: string
  /** The first failure since then; absent while the peer is up. */
  failing?: { since: string; code: ErrorCode; message: string; hint: string }
}

export interface PeerWatch {
  good(peer: Peer, at: Date): void
  failed(peer: Peer, error: AppError, at: Date): void
  states(): PeerState[]
  /** Increases with every change that a person should see. */
  changes(): number
}

/** `onChange` hears of a peer that stops answering correctly, or does so again; not of each failure. */
export function createPeerWatch(peers: readonly Peer[], onChange: (state: PeerState) => void): PeerWatch {
  const states = new Map<Peer, PeerState>(peers.map((peer) => [peer, { peer }]))
  let changes = 0
  const put = (state: PeerState) => {
    const before = states.get(state.peer)
    states.set(state.peer, state)
    if (before?.up === state.up && before?.failing?.code === state.failing?.code) return
    changes += 1
    if (before?.up !== undefined || state.up === false) onChange(state)
  }
  return {
    good: (peer, at) => put({ peer, up: true, goodAt: at.toISOString() }),
    failed(peer, { code, message, hint }, at) {
      const { goodAt, failing } = states.get(peer) ?? { peer }
      const since = failing?.since ?? at.toISOString()
      put({ peer, up: false, ...(goodAt && { goodAt }), failing: { since, code, message, hint } })
    },
    states: () => [...states.values()],
    changes: () => changes,
  }
}

/** Whether everything that was looked at answers; what was not asked yet does not count as good. */
export function areUp(states: readonly PeerState[]): boolean {
  return states.every(({ up }) => up === true)
}
