// The log.

export interface Log {
  info(fields: Record<string, string | number | boolean>, message: string): void
  warn(fields: Record<string, string | number | boolean>, message: string): void
  error(fields: Record<string, string | number | boolean>, message: string): void
}
