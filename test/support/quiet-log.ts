// A log that keeps its lines for assertions.
import type { Log } from '../../src/domain/ports/log.ts'

export interface KeptLog extends Log {
  lines: { level: 'info' | 'warn' | 'error'; fields: Record<string, string | number | boolean>; message: string }[]
}

export function createKeptLog(): KeptLog {
  const lines: KeptLog['lines'] = []
  const at =
    (level: KeptLog['lines'][number]['level']) =>
    (fields: Record<string, string | number | boolean>, message: string) => {
      lines.push({ level, fields, message })
    }
  return { lines, info: at('info'), warn: at('warn'), error: at('error') }
}

/** A log that keeps nothing. */
export const quietLog: Log = { info() {}, warn() {}, error() {} }
