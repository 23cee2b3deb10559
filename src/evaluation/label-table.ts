// Clinical facts and tissue results from a table in the format of UCSF-PDGM's metadata; empty cells and non-results stay missing.
import { AppError } from '../domain/errors.ts'
import { table } from '../domain/table.ts'
import { numberIn, type Table } from './csv.ts'

type Cells = Readonly<Record<string, string>>

/** Tissue results of one patient; absent if the table has none. */
export interface Labels {
  idh?: string
  '1p19q'?: string
  mgmt?: string
  grade?: string
  /** Days from imaging to death, or to when the patient was last known alive. */
  survival?: { days: number; died: boolean }
  /** WHO 2021 diagnosis, for subgroups. */
  diagnosis?: string
}

const COLUMNS = {
  age: 'Age at MRI',
  sex: 'Sex',
  resection: 'EOR',
  kps: 'KPS',
  grade: 'WHO CNS Grade',
  diagnosis: 'Final pathologic diagnosis (WHO 2021)',
  mgmt: 'MGMT status',
  codeletion: '1p/19q',
  idh: 'IDH',
  died: '1-dead 0-alive',
  days: 'OS',
} as const

/** Short names for the same columns, for tables made by hand or by a script. */
const SHORT = table<string>({
  id: 'ID',
  age: COLUMNS.age,
  sex: COLUMNS.sex,
  resection: COLUMNS.resection,
  grade: COLUMNS.grade,
  diagnosis: COLUMNS.diagnosis,
  mgmt: COLUMNS.mgmt,
  '1p19q': COLUMNS.codeletion,
  idh: COLUMNS.idh,
  event: COLUMNS.died,
  survival_days: COLUMNS.days,
})

/** The table with every short name replaced; TABLE_INVALID if it has a column under both names. */
export function withFullNames({ columns, rows }: Table, file: string): Table {
  const nameOf = (column: string) => SHORT[column] ?? column
  const names = columns.map(nameOf)
  const twice = names.find((name, n) => names.indexOf(name) !== n)
  if (twice !== undefined) throw new AppError('TABLE_INVALID', `${file} has the column "${twice}" under two names`)
  const renamed = (cells: Cells) => Object.fromEntries(columns.map((column) => [nameOf(column), cells[column]!]))
  return { columns: names, rows: rows.map(({ line, cells }) => ({ line, cells: renamed(cells) })) }
}

const HEAD_COLUMNS = {
  idh: [COLUMNS.idh],
  '1p19q': [COLUMNS.codeletion],
  mgmt: [COLUMNS.mgmt],
  grade: [COLUMNS.grade],
  survival: [COLUMNS.days, COLUMNS.died],
} as const

/** Throws TABLE_INVALID naming every column that the heads or their clinical features need and the table lacks. */
export function checkLabelColumns(
  { columns }: Pick<Table, 'columns'>,
  heads: readonly (keyof typeof HEAD_COLUMNS)[],
  features: readonly string[],
  file: string,
): void {
  const needed = [
    ...(features.includes('age_years') ? [COLUMNS.age] : []),
    ...(features.includes('sex_male') ? [COLUMNS.sex] : []),
    ...(features.some((name) => name.startsWith('resection_')) ? [COLUMNS.resection] : []),
    ...heads.flatMap((head) => HEAD_COLUMNS[head]),
  ]
  const missing = [...new Set(needed)].filter((column) => !columns.includes(column))
  if (missing.length > 0)
    throw new AppError('TABLE_INVALID', `${file} lacks ${missing.map((column) => `"${column}"`).join(', ')}`)
}

/** NaN if unknown. */
export function clinicalOf(cells: Cells, where: string): Record<string, number> {
  const sex = cells[COLUMNS.sex]?.toUpperCase() ?? ''
  const resection = cells[COLUMNS.resection]?.toUpperCase() ?? ''
  const isListed = ['GTR', 'STR', 'BIOPSY'].includes(resection)
  return {
    age_years: numberIn(cells, COLUMNS.age, where),
    sex_male: sex === 'M' ? 1 : sex === 'F' ? 0 : Number.NaN,
    resection_gtr: isListed ? Number(resection === 'GTR') : Number.NaN,
    resection_subtotal: isListed ? Number(resection === 'STR') : Number.NaN,
    kps: numberIn(cells, COLUMNS.kps, where),
  }
}

export function labelsOf(cells: Cells, where: string): Labels {
  const cell = (column: string) => (cells[column] ?? '').toLowerCase()
  const idh = cell(COLUMNS.idh)
  const codeletion = cell(COLUMNS.codeletion)
  const mgmt = cell(COLUMNS.mgmt)
  const grade = cell(COLUMNS.grade)
  const days = numberIn(cells, COLUMNS.days, where)
  const died = cell(COLUMNS.died)
  const diagnosis = cells[COLUMNS.diagnosis] ?? ''
  return {
    ...(/^(idh-)?wild-?type$/.test(idh) ? { idh: 'IDH-wildtype' } : {}),
    ...(/^idh[12] |^mutated|^(idh-)?mutant$/.test(idh) ? { idh: 'IDH-mutant' } : {}),
    ...(codeletion === 'intact' ? { '1p19q': 'intact' } : {}),
    ...(/^(relative )?co-?delet/.test(codeletion) ? { '1p19q': 'codeleted' } : {}),
    ...(/^(positive|methylated)$/.test(mgmt) ? { mgmt: 'methylated' } : {}),
    ...(/^(negative|unmethylated)$/.test(mgmt) ? { mgmt: 'unmethylated' } : {}),
    ...(/^[234]$/.test(grade) ? { grade } : {}),
    ...(days >= 0 && /^[01]$/.test(died) ? { survival: { days, died: died === '1' } } : {}),
    ...(diagnosis === '' ? {} : { diagnosis }),
  }
}
