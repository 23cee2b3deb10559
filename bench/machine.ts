// What the machine says (Linux): memory of a process with everything that it started, and how busy others keep the cores.
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'

/** Resident memory in MiB; throws if the process has ended. */
export function residentMib(pid: number): number {
  const kib = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return kib / 1024 + (children === '' ? 0 : children.split(' ').reduce((sum, one) => sum + childMib(Number(one)), 0))
}

/** A child that has ended in the meantime counts as 0. */
function childMib(pid: number): number {
  try {
    return residentMib(pid)
  } catch {
    return 0
  }
}

/** How many cores other processes keep busy, measured over some idle seconds (Linux). */
export async function busyCores(seconds: number): Promise<number> {
  const read = () => {
    const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.trim().split(/\s+/)
    const all = ticks.slice(0, 8).reduce((sum, one) => sum + Number(one), 0)
    return { all, idle: Number(ticks[3]) + Number(ticks[4]) }
  }
  const from = read()
  await wait(seconds * 1000)
  const to = read()
  return cpus().length * (1 - (to.idle - from.idle) / (to.all - from.all))
}
