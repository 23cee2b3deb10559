// Reads comma-separated tables (RFC 4180): quoted fields, either line ending, an optional byte order mark.
import { AppError } from '../domain/errors.ts'

export interface Table {
  columns: string[]
  /** By column; every row has every column. `line` is the first line of the row in the file. */
  rows: { line: number; cells: Record<string, string> }[]
}

/** Throws TABLE_INVALID naming `file` and the line; messages never quote cells, which may be a patient's. */
export function parseCsv(text: string, file: string): Table {
  const records = split(text.replace(/^\uFEFF/, ''), file)
  const columns = records[0]?.fields.map((name) => name.trim()) ?? []
  if (columns.length < 2) throw new AppError('TABLE_INVALID', `${file} has no header of comma-separated columns`)
  const twice = columns.find((name, n) => columns.indexOf(name) !== n)
  if (twice !== undefined) throw new AppError('TABLE_INVALID', `${file} has the column "${twice}" twice`)
  const rows = records.slice(1).map(({ fields, line }) => {
    if (fields.length !== columns.length) {
      const message = `${file}, line ${line}: ${fields.length} fields, but the header has ${columns.length}`
      throw new AppError('TABLE_INVALID', message)
    }
    return { line, cells: Object.fromEntries(columns.map((name, n) => [name, fields[n]!.trim()])) }
  })
  return { columns, rows }
}

function split(text: string, file: string): { fields: string[]; line: number }[] {
  const records: { fields: string[]; line: number }[] = []
  let fields: string[] = []
  let field = ''
  let quoted = false
  let line = 1
  let start = 1
  const endRecord = () => {
    fields.push(field)
    // An empty line is not a row.
    if (fields.length > 1 || fields[0] !== '') records.push({ fields, line: start })
    fields = []
    field = ''
  }
  for (let n = 0; n < text.length; n++) {
    const character = text[n]!
    if (character === '\n') line++
    if (quoted) {
      if (character !== '"') field += character
      else if (text[n + 1] === '"') field += text[++n]
      else quoted = false
    } else if (character === '"' && field === '') quoted = true
    else if (character === ',') {
      fields.push(field)
      field = ''
    } else if (character === '\n') {
      if (field.endsWith('\r')) field = field.slice(0, -1)
      endRecord()
      start = line
    } else field += character
  }
  if (quoted) throw new AppError('TABLE_INVALID', `${file}, line ${start}: a quoted field does not end`)
  endRecord()
  return records
}

/** A finite number, or NaN for an empty cell; TABLE_INVALID for anything else. */
export function numberIn(cells: Readonly<Record<string, string>>, column: string, where: string): number {
  const text = cells[column] ?? ''
  if (text === '' || /^nan$/i.test(text)) return Number.NaN
  const value = Number(text)
  if (!Number.isFinite(value)) throw new AppError('TABLE_INVALID', `${where}: "${column}" is not a number`)
  return value
}

/** Rows by their column ID; TABLE_INVALID without that column, and for an ID that is empty or occurs twice. */
export function byId(table: Table, file: string): Map<string, Table['rows'][number]> {
  if (!table.columns.includes('ID')) throw new AppError('TABLE_INVALID', `${file} lacks "ID"`)
  const rows = new Map<string, Table['rows'][number]>()
  for (const row of table.rows) {
    const id = row.cells.ID!
    if (id === '') throw new AppError('TABLE_INVALID', `${file}, line ${row.line}: "ID" is empty`)
    if (rows.has(id))
      throw new AppError('TABLE_INVALID', `${file}, lines ${rows.get(id)!.line} and ${row.line} have the same ID`)
    rows.set(id, row)
  }
  return rows
}
