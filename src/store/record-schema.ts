// What was read of the patient's record, as it is stored in a result.
import { z } from 'zod'

const text = z.string()
const maybe = z.exactOptional
/** Fields added by a later version are kept. */
const object = z.looseObject

const given = { isOngoing: maybe(z.literal(true)), dailyMg: maybe(z.number()) }
const treatments = z.array(object({ words: text, from: text, to: maybe(text), reference: text, ...given }))

export const treatment = object({
  radiotherapy: maybe(treatments),
  bevacizumab: maybe(treatments),
  steroids: maybe(treatments),
})

export const boardRecord = object({
  question: maybe(object({ text, reference: text })),
  decision: maybe(object({ text, date: text, reference: text })),
})
