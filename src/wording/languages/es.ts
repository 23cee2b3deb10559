// Every sentence of the PDF report in Spanish.
import { table } from '../../domain/table.ts'
import type { Wording } from './en.ts'
import { FEATURES } from './es-features.ts'
import { REMARKS } from './es-remarks.ts'
import { WORKSHEET } from './es-worksheet.ts'

const SIDES = { left: 'izquierdo', right: 'derecho' }
const THIRDS = { anterior: 'anterior', middle: 'medio', posterior: 'posterior' }
const patients = (count: number) => (count === 1 ? '1 paciente' : `${count} pacientes`)

export const SPANISH: Wording = {
  language: 'es',
  locale: { decimal: ',', day: (year, month, day) => `${day}/${month}/${year}` },

  title: 'Análisis de glioma por RM',
  status: 'PRELIMINAR – sin validar por un médico',
  reviewedStatus: {
    final: 'DEFINITIVO – validado por un médico',
    amended: 'CORREGIDO – validado por un médico',
    'entered-in-error': 'RECHAZADO – no utilizar',
  },
  pageOf: (page, count) => `Página ${page} de ${count}`,
  notStated: 'no consta',
  sections: {
    patient: 'Paciente',
    study: 'Estudio',
    images: 'Imágenes clave',
    volumes: 'Volúmenes',
    predictions: 'Predicciones a partir de las imágenes',
    explanation: 'Lo que más influyó en las predicciones (misma escala; a la derecha de la línea: más probable)',
    survival: 'Supervivencia del grupo de riesgo en los datos de entrenamiento',
    quality: 'Observaciones sobre la calidad',
    series: 'Series utilizadas',
  },
  labels: {
    patientId: 'ID paciente',
    birthDate: 'Nacimiento',
    sex: 'Sexo',
    studyDate: 'Fecha',
    accession: 'N.º petición',
    description: 'Descripción',
    referrer: 'Solicitante',
    studyUid: 'UID estudio',
    region: 'Región',
    volume: 'mL',
    deviation: '± DE',
    regionInMl: 'Región, mL',
    earlier: 'antes',
    now: 'ahora',
    change: 'cambio ± DE',
    predicted: 'Predicción',
    result: 'Resultado',
    probability: 'Probabilidad (intervalo del 95 %)',
    bundle: 'Modelo',
    digest: 'Modelo sha256',
    weights: 'Pesos sha256',
    license: 'Licencia',
    software: 'Software',
    execution: 'Ejecutado en',
    analysis: 'Análisis',
    reference: 'Serie de ref.',
    analysedAt: 'Registrado',
    declined: 'Descartados',
    reviewedAt: 'Revisado',
  },

  sexes: table({ M: 'hombre', F: 'mujer', O: 'otro' }),
  heads: { idh: 'IDH', '1p19q': '1p/19q', mgmt: 'MGMT', grade: 'Grado OMS', survival: 'Supervivencia' },
  sequences: {
    T1: 'T1',
    T1c: 'T1 con contraste',
    T2: 'T2',
    FLAIR: 'FLAIR',
    ADC: 'Mapa ADC',
    rCBV: 'Mapa rCBV',
  },
  regions: table({
    WT: 'tumor total',
    TC: 'núcleo tumoral',
    ET: 'tumor con realce',
    ED: 'edema e infiltración',
    NCR: 'núcleo necrótico',
  }),
  shortRegions: table({ ED: 'edema/infiltración' }),
  classes: table({
    'IDH-mutant': 'IDH mutado',
    'IDH-wildtype': 'IDH no mutado',
    intact: 'sin codeleción',
    codeleted: 'con codeleción',
    methylated: 'metilado',
    unmethylated: 'no metilado',
    indeterminate: 'indeterminado',
    'not-evaluable': 'no evaluable',
  }),
  riskGroups: table({ low: 'bajo', middle: 'intermedio', high: 'alto' }),
  grade: (digit) => `grado ${digit}`,
  months: (count) => `${count} meses`,

  named: (name, value) => `${name}: ${value}`,
  notEvaluable: 'no evaluable',
  indeterminate: 'indeterminado',
  survivalResult: 'vivo a los',
  undecided: (classes) => (classes.length === 0 ? 'ninguna concluyente' : classes.join(' o ')),
  tissueCall: (value) => `tejido: ${value}`,
  fromImages: (result) => `imágenes: ${result}`,
  riskGroupOf: (name) => `riesgo: ${name}`,
  noPrediction: 'el modelo no da ningún resultado sobre este punto',
  likelihood: { 'very likely': 'muy probable', likely: 'probable' },
  uncertain: 'incierto',
  cannotTell: (classes) =>
    classes.length === 0
      ? 'Ninguna clase es lo bastante probable.'
      : `No se puede distinguir entre: ${classes.join(', ')}.`,
  bound: (count, name, most) => `Los datos de ${patients(count)} (${name}) no permiten afirmar más del ${most}.`,
  budget: (ofHundred, wrong, n) =>
    `De cada 100 pacientes comparables en los datos medidos, ${ofHundred} se clasificaron mal (${wrong} de ${n}).`,
  briefBudget: (wrong, n) => `${wrong} de ${n} clasificaciones así fueron erróneas`,

  noQualityNotes: 'Ninguna.',
  warning: 'Aviso',
  note: 'Nota',
  quoted: (text) => `Texto original en inglés: «${text}»`,
  englishIn: /(?<=exto original en inglés\)?: «)[^»]+/g,
  noExplanation: 'Sin explicación: nada fue evaluable.',
  riskOfDeath: 'Riesgo de muerte',
  others: (count) => `${count} más en conjunto`,
  groupLegend: (name, n, events) => `${name}: ${patients(n)}, ${events} muertes`,
  bandLegend: 'banda del 95 % del grupo',
  patientLegend: 'este paciente, intervalo del 95 %',
  monthsAxis: 'meses tras la imagen',
  curveAlternative: (name, n, shares, patient) =>
    `Curva de Kaplan-Meier del grupo de riesgo ${name} en los datos de entrenamiento (${patients(n)}): vivos ${shares.join(', ')}. Predicción para este paciente: vivo ${patient.join(', ')}.`,
  aliveAfter: (share, months) => `${share} a los ${months} meses`,
  noSequence: 'no disponible',
  noVolumes: 'El modelo no mide volúmenes.',
  referenceSeries: 'referencia',
  noOutlines: 'Sin contornos: no se segmentó ningún tumor.',
  diameters: (sizes) => `Realce, diámetros axiales (RANO): ${sizes.join('; ')}.`,
  tooSmall: (size) => `${size} (demasiado pequeño para el seguimiento)`,
  noFinding:
    'No se segmentó ningún tumor por encima del límite de detección de este modelo. Esto no descarta un tumor: las lesiones pequeñas, tenues o atípicas pasan inadvertidas.',
  segmented: (volumes) =>
    volumes.length === 0
      ? 'Se segmentó una lesión; véanse los volúmenes.'
      : `Se segmentó una lesión: ${volumes.join(', ')}.`,
  since: (date, days, category) => `Desde el ${date} (${days} d): ${category}.`,
  noCategory: 'evolución del tamaño sin clasificar, véanse las observaciones',
  more: (count) => `… (${count} más al final)`,
  inFull: 'Texto íntegro de lo que no cabía en las páginas anteriores',
  position: (plane, side, mm) => `${plane === 'sagittal' ? 'sagital' : plane} ${side} ${mm} mm`,
  rightOnLeft: 'Derecha del paciente a la izquierda.',
  throughTumour: 'Mayor corte del tumor.',
  throughBrain: 'Corte por el centro del cerebro.',
  figure: (sequence, position, outlines) =>
    `${sequence}, ${position}, ${outlines.length === 0 ? 'sin contornos' : `con los contornos: ${outlines.join(', ')}`}.`,
  directions: {
    axial: 'La derecha del paciente está a la izquierda de la imagen; arriba es anterior.',
    coronal: 'La derecha del paciente está a la izquierda de la imagen; arriba es superior.',
    sagittal: 'Lo anterior está a la izquierda de la imagen; arriba es superior.',
  },
  movedBy: (movement) => `ajuste ${movement}`,
  slices: (mm) => `corte ${mm} mm`,
  none: 'ninguno',
  unreadable: (count) =>
    `Esta página no tiene letra para ${count === 1 ? 'un carácter' : `${count} caracteres`}, impreso como [U+…]; léase el texto en la historia clínica o en el PACS.`,
  noFigures: 'Las imágenes clave están en el informe preliminar de este análisis; no se conservaron para este.',
  corrected: 'corregido',
  outlines:
    'Los volúmenes corresponden a los contornos mostrados; compruebe los contornos en las imágenes antes de usar un volumen.',
  correctedOutlines:
    'Los volúmenes corregidos son del médico; los contornos mostrados son los del software y no se volvieron a dibujar.',
  redrawnOutlines: 'Los volúmenes se midieron de nuevo en los contornos corregidos por el médico.',
  notReviewed:
    'Elaborado por software (IA), sin validar por un médico. Solo para investigación; ninguna decisión clínica sin revisión médica.',
  notTissue:
    'Marcadores, grado y supervivencia predichos por imagen: no son un estudio de tejido ni sustituyen a histología o pruebas moleculares.',
  withdrawn:
    'Esta página sustituye al informe rechazado. Los resultados del software no se muestran y no deben utilizarse.',
  intendedUse: (text) => `Uso previsto según el modelo (texto original en inglés): «${text}»`,

  board: {
    enhancing: 'Mayor realce',
    oedema: 'Mayor edema',
    middle: 'Centro del cerebro',
    plain: 'imagen sola',
    outlined: 'con contornos',
    planes: 'Cortes clave en los tres planos',
    predicted: 'Según las imágenes',
    more: 'Detalles, límites y procedencia: página siguiente.',
    question: 'Pregunta',
    decided: (date) => `Comité de tumores del ${date}`,
    since: (date) => `Desde entonces (estudio del ${date})`,
    scan: 'Todas las imágenes y la decisión',
    qrAlternative: 'Código QR con la dirección de la página del estudio',
  },
  bornOn: (date) => `nac. ${date}`,
  imagingOf: (date) => `RM del ${date}`,
  changeSince: (change, date) => `${change} mL desde el ${date}`,

  impression: {
    noTumour: 'Ningún tumor segmentado por encima del límite de este modelo; esto no lo descarta.',
    where: ({ side, part, crossesMidline }) =>
      ` en el hemisferio ${SIDES[side]}, tercio ${THIRDS[part]}${crossesMidline ? ', cruza la línea media' : ''}`,
    tumour: (where, volumes, size) => `Tumor${where}: ${volumes.join(', ')}${size}.`,
    regions: { WT: 'total', TC: 'núcleo', ET: 'con realce' },
    largest: (pair) => `; mayor lesión con realce ${pair}`,
    since: (date, change) => `Desde el ${date}: ${change}.`,
    changeNotEvaluable: 'evolución del tamaño no evaluable',
    tissue: (results) => `Estudio de tejido en la historia: ${results.join('; ')}.`,
    likely: (calls) => `Probable según las imágenes: ${calls.join(', ')}.`,
    nothing: 'No se pudo predecir ningún marcador, grado ni supervivencia a partir de las imágenes.',
    call: (head, name) => (head === '1p19q' ? `1p/19q ${name}` : head === 'mgmt' ? `promotor MGMT ${name}` : name),
    riskOfDeath: (group) => `riesgo de muerte ${group}`,
    grade: (digit) => `grado OMS ${digit}`,
    notMeasured: 'sin medir: tumor con realce',
    undecided: (heads) => `indeterminado: ${heads.join(', ')}`,
    notEvaluable: (heads) => `no evaluable: ${heads.join(', ')}`,
    open: (parts) => `Queda abierto – ${parts.join('; ')}; los motivos constan en el informe.`,
    nothingOpen: 'Ninguna pregunta a las imágenes quedó abierta.',
  },

  categories: {
    CR: 'desaparición del tumor con realce (respuesta completa por tamaño)',
    PR: 'disminución del tumor con realce (respuesta parcial por tamaño)',
    SD: 'tumor con realce estable en tamaño',
    PD: 'progresión en tamaño del tumor con realce',
  },

  comparison: {
    study: (date, days) => `estudio del ${date}, ${days === 1 ? '1 día' : `${days} días`} antes`,
    aligned: (movement, residualMm) => `alineado con ${movement}; residuo ${residualMm} mm`,
    notEvaluable: (reasons) => `no evaluable: ${reasons.join(' ')}`,
    products: (change, deviation) =>
      `suma de productos de diámetros ${change} % (${deviation === undefined ? 'incertidumbre desconocida' : `desviación estándar ${deviation} %`})`,
    withProducts: (title, change) => `${title}; ${change}`,
    alsoPossible: (categories) => `también posible: ${categories.join(', ')}`,
    lesions: {
      new: (size) => `Lesión nueva${size}.`,
      gone: (size) => `Una lesión del estudio previo ya no se encuentra${size}.`,
      merged: (size) => `Hay lesiones que se han fusionado${size}.`,
      split: (size) => `Una parte de una lesión se ha separado${size}.`,
    },
    caveat:
      'Categoría de evolución por imagen solo frente al estudio previo y solo a partir de mediciones; no se consideran el estado clínico, los corticoides, el tratamiento ni el nadir, y ningún médico la ha confirmado.',
    compared: (study, aligned, rest) => `Comparado con: ${study} (${aligned}). ${rest.join(' ')}`,
  },

  review: {
    lesion: (number) => `Lesión ${number}`,
    diameters: (number) => `Diámetros de la lesión con realce ${number}`,
    outlines: 'Contornos',
    segment: (name) => `Segmento ${name}`,
    by: (name, identifier, at) => `${name} (${identifier}) el ${at}`,
    excluded: (volume, who, reason) => `Excluido${volume} por ${who}: ${reason}`,
    redrawn: (who, reason) => `Redibujado con el pincel por ${who}: ${reason}`,
    changed: (who, from, to, reason) => `Cambiado por ${who} de ${from} (valor del software) a ${to}: ${reason}`,
    derived: (who, from, to) => `Recalculado tras las correcciones de ${who}: de ${from} (valor del software) a ${to}.`,
    rejected: (who, remark) => `Rechazado por ${who}${remark}. No utilizar.`,
    accepted: (who, remark) =>
      `Redactado por software (inteligencia artificial); revisado y validado por ${who}${remark}. Solo para investigación.`,
    acceptedWithEdits: (who, remark) =>
      `Redactado por software (inteligencia artificial); revisado y validado con correcciones por ${who}${remark}. Solo para investigación.`,
  },

  course: {
    title: 'Volúmenes a lo largo del tiempo',
    unit: 'mL',
    intervals: 'Trazos verticales: intervalos del 95 %, si se conoce el error. Todo medido por este software.',
    regions: { WT: 'total', TC: 'núcleo', ET: 'con realce' },
    line: (name, points) => `${name}: ${points.map(({ volume, date }) => `${volume} el ${date}`).join(', ')}.`,
  },

  meeting: {
    title: 'Comité de tumores',
    none: 'No se indicó ningún paciente.',
    details: 'Detalles, límites y procedencia: informe de este paciente.',
    notShown: {
      'no-result': 'ningún análisis finalizado',
      'several-issuers': 'varios pacientes tienen este identificador; indique quién lo emite',
      'no-identifier': 'la historia clínica no tiene ID para este paciente',
    },
    count: patients,
    onPage: (page) => `página ${page}`,
  },

  features: FEATURES,
  worksheet: WORKSHEET,
  remarks: REMARKS,
}
