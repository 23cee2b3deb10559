// Whether the pages' address can be had, or is had by a running Gliabridge already.
import { Hono } from 'hono'
import { openPort } from '../../http/serve.ts'

export async function checkPort(http: { host: string; port: number }): Promise<string[]> {
  try {
    const port = await openPort(http, new Hono())
    await port.close()
    return [`http.host ${http.host}, http.port ${http.port === 0 ? 'any free one' : http.port}: free`]
  } catch (error) {
    if (await isOurs(http.port)) return [`http.port ${http.port}: served by a Gliabridge that runs now`]
    throw error
  }
}

/** A running service tells itself by the form of its readiness. */
async function isOurs(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(3000) })
    return typeof ((await answer.json()) as { ready?: unknown }).ready === 'boolean'
  } catch {
    return false
  }
}
