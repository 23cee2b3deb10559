// Numbers that decide something about a patient are kept in tables, one per area; every row has a source.
export interface Limit {
  value: number
  /** UCUM, or "1" for a share. */
  unit: 'mm' | 'mL' | 'ms' | 'deg' | 'h' | 'd' | '1'
  /** The publication, the command that measured it, or "chosen:" and why. */
  source: string
}
