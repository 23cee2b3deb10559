// What a validator says of an object, in one shape for all of them.

export interface Remark {
  text: string
  /** Why it does not count; absent when it does. */
  explained?: string
}

export interface Verdict {
  validator: string
  object: string
  /** "explained": there are remarks, and none of them counts. */
  outcome: 'clean' | 'explained' | 'failed' | 'not installed'
  remarks: Remark[]
  /** What was compared or read, as a count. */
  checked?: string
}

/** The verdict of one judge; `missing` says what is not installed. A judge that breaks down has not accepted the object. */
export async function verdictOf(
  validator: string,
  object: string,
  missing: string | undefined,
  judge: () => Promise<Judgement> | Judgement,
): Promise<Verdict> {
  if (missing !== undefined) return { validator, object, outcome: 'not installed', remarks: [{ text: missing }] }
  try {
    const { remarks, checked } = await judge()
    const counts = remarks.some(({ explained }) => explained === undefined)
    const outcome = counts ? 'failed' : remarks.length > 0 ? 'explained' : 'clean'
    return { validator, object, outcome, remarks, ...(checked === undefined ? {} : { checked }) }
  } catch (error) {
    return { validator, object, outcome: 'failed', remarks: [{ text: `it broke down: ${(error as Error).message}` }] }
  }
}

export interface Judgement {
  remarks: Remark[]
  checked?: string
}
