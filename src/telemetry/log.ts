// The log: one JSON object per line on standard output, with fields from the allow-list only.
import { type DestinationStream, pino } from 'pino'
import type { Log } from '../domain/ports/log.ts'
import { safeFields } from './fields.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Messages are constant texts; whatever varies is a field. `destination` is standard output by default. */
export function createLog(level: LogLevel = 'info', destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  const logger = destination ? pino(options, destination) : pino(options)
  const at = (name: 'info' | 'warn' | 'error') => (fields: Parameters<Log['info']>[0], message: string) => {
    const { fields: safe, withheld } = safeFields(fields)
    logger[name](withheld.length > 0 ? { ...safe, withheld } : safe, message)
  }
  return { info: at('info'), warn: at('warn'), error: at('error') }
}
