// Time and memory used by this process and by others that it started.
import { readFile } from 'node:fs/promises'

export interface ProcessFigures {
  residentBytes: number
  /** Highest resident memory since the process began. */
  peakBytes: number
  cpuSeconds: number
  uptimeSeconds: number
  /** Unix time */
  startedAtSeconds: number
}

export function readProcessFigures(): ProcessFigures {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  return {
    residentBytes: process.memoryUsage.rss(),
    // Node gives kilobytes on every platform.
    peakBytes: maxRSS * 1024,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    uptimeSeconds: process.uptime(),
    startedAtSeconds: Date.now() / 1000 - process.uptime(),
  }
}

/** Highest resident memory in bytes of another process (Linux: VmHWM in proc(5)); undefined if it has ended or on other systems. */
export async function readPeakBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(status)
  return match ? Number(match[1]) * 1024 : undefined
}

export interface Measured<T> {
  value: T
  seconds: number
  /** Highest resident memory seen while the work ran: of this process and the given ones together, sampled. */
  peakBytes: number
}

/** Runs the work and samples memory every `everyMs`; `pids` returns further processes to include, at each sample. */
export async function measureRun<T>(
  work: () => Promise<T>,
  pids: () => readonly number[] = () => [],
  everyMs = 100,
): Promise<Measured<T>> {
  let peakBytes = 0
  const sample = async () => {
    const others = await Promise.all(pids().map(readResidentBytes))
    peakBytes = Math.max(
      peakBytes,
      others.reduce((sum, bytes) => sum + bytes, process.memoryUsage.rss()),
    )
  }
  const timer = setInterval(() => void sample(), everyMs)
  const start = performance.now()
  try {
    const value = await work()
    const seconds = (performance.now() - start) / 1000
    await sample()
    return { value, seconds, peakBytes }
  } finally {
    clearInterval(timer)
  }
}

async function readResidentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}
