// One check of a site: what was tried, what came of it in lines, and whether it failed.
import { type AppError, asAppError } from '../../domain/errors.ts'

export interface Check {
  name: string
  /** Lines of the report; a throw is a failure. */
  run(): Promise<string[]>
}

export interface Outcome {
  name: string
  ok: boolean
  lines: string[]
}

/** A check that found several things, some of them wrong. */
export class ChecksFailed extends Error {
  readonly lines: string[]

  constructor(lines: string[]) {
    super('a check failed')
    this.lines = lines
  }
}

export async function outcomeOf({ name, run }: Check): Promise<Outcome> {
  try {
    return { name, ok: true, lines: await run() }
  } catch (thrown) {
    if (thrown instanceof ChecksFailed) return { name, ok: false, lines: thrown.lines }
    return { name, ok: false, lines: linesOf(asAppError(thrown)) }
  }
}

export function linesOf({ code, message, hint }: AppError): string[] {
  return [`${code}: ${message}`, hint]
}

export function printOutcome({ name, ok, lines }: Outcome): string {
  return [`${ok ? 'ok      ' : 'failed  '}${name}`, ...lines.map((line) => `        ${line}`), ''].join('\n')
}
