// Text that should be JSON: its value as unknown, or by a schema; never by a cast.

/** What zod's schemas are; stated here since this room imports nothing. */
export interface Schema<Value> {
  safeParse(value: unknown): { success: true; data: Value } | { success: false }
}

/** Undefined, which no schema accepts, for text that is not JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Undefined for text that is not JSON, or whose value the schema refuses. */
export function readAs<Value>(schema: Schema<Value>, text: string): Value | undefined {
  const read = schema.safeParse(jsonOf(text))
  return read.success ? read.data : undefined
}
