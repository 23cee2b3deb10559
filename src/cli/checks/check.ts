// One check of a site: what was tried, the outcome in lines of text, and whether it failed.
import { type AppError, asAppError } from '../../domain/errors.ts'

export interface Check {
  name: string
  /** Returns lines for the report; throws if the check failed. */
  run(): Promise<string[]>
}

export interface Outcome {
  name: string
  ok: boolean
  lines: string[]
}

/** A check with several findings, some of them faults. */
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
  const indented = lines.flatMap((line) => line.split('\n')).map((line) => `        ${line}`)
  return [`${ok ? 'ok      ' : 'failed  '}${name}`, ...indented, ''].join('\n')
}
