// The command line: arguments in, one command run, an exit code out (0 done, 1 failed, 2 wrong usage or settings).
import '../dispatcher.ts'
import { CommanderError } from 'commander'
import { AppError, asAppError, framesOf } from '../domain/errors.ts'
import { createProgram } from './program.ts'

/** Prints the error for an operator: what happened, then what to do; no stack trace for a known error. */
function report(thrown: unknown): number {
  const error = asAppError(thrown)
  process.stderr.write(`gliabridge: ${error.code}: ${error.message}\n  ${error.hint}\n`)
  if (!(thrown instanceof AppError) && thrown instanceof Error)
    process.stderr.write(
      `${framesOf(thrown)
        .map((frame) => `    at ${frame}`)
        .join('\n')}\n`,
    )
  return error.code === 'SETTINGS_INVALID' ? 2 : 1
}

try {
  await createProgram().parseAsync()
} catch (thrown) {
  if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? 0 : 2
  else process.exitCode = report(thrown)
}
