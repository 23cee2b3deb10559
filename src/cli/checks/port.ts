// Whether the address for the pages is free, or already taken by a running Gliabridge.
import { Hono } from 'hono'
import { type Address, openPort } from '../../http/serve.ts'
import { fetchOwn } from '../service-api.ts'

export async function checkPort(http: Address): Promise<string[]> {
  try {
    const port = await openPort(http, new Hono())
    await port.close()
    return [`http.host ${http.host}, http.port ${http.port === 0 ? 'any free one' : http.port}: free`]
  } catch (error) {
    if (await isOurs(http)) return [`http.port ${http.port}: served by a Gliabridge that runs now`]
    throw error
  }
}

/** A running service is recognised by the form of its readiness response. */
async function isOurs(http: Address): Promise<boolean> {
  try {
    const answer = await fetchOwn(http, '/readyz', { signal: AbortSignal.timeout(3000) })
    return typeof ((await answer.json()) as { ready?: unknown }).ready === 'boolean'
  } catch {
    return false
  }
}
