// Why an HL7 v2 message is refused, in the terms of its acknowledgment (HL7 Tables 0008 and 0357).
import { AppError } from '../../domain/errors.ts'

/** Message error conditions that we use. */
export const CONDITION = {
  segmentSequence: '100',
  requiredFieldMissing: '101',
  dataType: '102',
  tableValue: '103',
  messageType: '200',
  internal: '207',
} as const

export interface WhyRefused {
  /** AE: its content cannot be used. AR: its kind cannot, or not now. */
  acknowledgment: 'AE' | 'AR'
  condition: (typeof CONDITION)[keyof typeof CONDITION]
  /** ERL: segment, its number, field: "OBR^1^18". */
  location: string
}

/** The text names segments and fields, and quotes nothing from the message. */
export class Hl7Refusal extends AppError {
  readonly why: WhyRefused

  constructor(why: WhyRefused, message: string) {
    super('MESSAGE_INVALID', message)
    this.why = why
  }
}
