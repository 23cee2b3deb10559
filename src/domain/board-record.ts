// What the EHR says of the tumour board: what it is to answer now, and what it decided last.

export interface BoardRecord {
  /** Of the order behind the study, in its own words. */
  question?: { text: string; reference: string }
  /** The last one on or before the day of imaging; `date` is a whole day (ISO 8601). */
  decision?: { text: string; date: string; reference: string }
}
