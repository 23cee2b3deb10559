// Sentences that a result keeps, in Spanish.
import { capital } from '../sentences.ts'
import type { Wording } from './en.ts'

const TISSUE = 'Decide el tejido.'
const CONTRADICTION = 'Las predicciones se contradicen: según la OMS 2021,'
const WRONG = 'Al menos una de las dos es errónea.'
const PART = 'parte del cambio puede deberse a ello'

const listed = (names: readonly string[]) =>
  names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} y ${names.length - 3} más`

/** What the software says in English, within a Spanish sentence. */
const quoted = (text: string) => `texto original en inglés: «${text}»`

export const REMARKS: Wording['remarks'] = {
  'sequence-left-out': ({ sequence, error }) =>
    `${sequence} se dejó fuera y el modelo funcionó sin esta secuencia; ${quoted(error)}.`,
  'sequence-missing': ({ sequence }) =>
    `El estudio no tiene ninguna serie ${sequence} utilizable; el modelo funcionó sin ella.`,
  'thick-slices': ({ sequence, mm }, { millimetres }) =>
    `${sequence} tiene cortes separados ${millimetres(mm)} mm; pueden pasar inadvertidas lesiones pequeñas.`,
  'patient-movement': ({ sequence, ...moved }, { movement }) =>
    `${sequence} se desplazó ${movement(moved)} para ajustarla a la serie de referencia.`,

  'region-not-evaluable': ({ key, name, missing }, { regionName, sequences }) =>
    `${capital(regionName(key, name))}: no evaluable; falta: ${missing.map((one) => sequences[one]).join(', ')}.`,
  'who-codeleted-wildtype': () =>
    `${CONTRADICTION} una codeleción 1p/19q corresponde a un oligodendroglioma con IDH mutado, pero se predice IDH no mutado. ${WRONG} ${TISSUE}`,
  'who-codeleted-grade-4': () =>
    `${CONTRADICTION} un oligodendroglioma con codeleción 1p/19q es de grado 2 o 3, pero se predice grado 4. ${WRONG} ${TISSUE}`,
  'who-low-grade-wildtype': () =>
    `Combinación inusual: un glioma difuso del adulto con aspecto de grado 2 o 3, pero con predicción de IDH no mutado. La OMS 2021 clasifica como grado 4 un tumor astrocítico difuso con IDH no mutado si hay mutación del promotor de TERT, amplificación de EGFR o +7/-10; nada de ello se puede ver aquí. ${TISSUE}`,
  'who-pattern-oligodendroglioma': () =>
    `La mutación de IDH con codeleción 1p/19q predicha es compatible con oligodendroglioma (OMS 2021). ${TISSUE}`,
  'who-pattern-astrocytoma': () =>
    `La mutación de IDH sin codeleción 1p/19q predicha es compatible con astrocitoma con IDH mutado (OMS 2021). ${TISSUE}`,
  'who-pattern-glioblastoma': () =>
    `El IDH no mutado con grado 4 predicho es compatible con glioblastoma (OMS 2021). ${TISSUE}`,

  'age-contradiction': () =>
    'La edad que consta en las imágenes no concuerda con la fecha de nacimiento; no se hacen las predicciones que necesitan la edad.',
  'age-unknown': ({ bundle, years }) =>
    `«${bundle}» está destinado a pacientes de al menos ${years} años; las imágenes no permiten conocer la edad de este paciente, por lo que debe comprobarla una persona.`,
  'outside-intended-use': ({ bundle, years }) =>
    `Fuera del uso previsto: «${bundle}» está destinado a pacientes de al menos ${years} años y este paciente es más joven. Ningún volumen ni predicción se ha medido nunca en pacientes así.`,
  'similar-patients': ({ head, of, cosines }, { heads, fixed }) =>
    `${heads[head]}: se apoya en los más parecidos de ${of} pacientes anteriores (coseno, del más próximo al más lejano: ${cosines.map((cosine, n) => `${n + 1}. ${fixed(cosine, 2)}`).join('; ')}).`,
  'earlier-analysis-accepted': ({ on }, { isoDate }) =>
    `Un médico validó un análisis anterior de este estudio el ${isoDate(on)}; este no lo sustituye.`,
  'images-later-than-analysis': ({ images, analysis, offset }) =>
    `La hora más tardía de las imágenes (${images}) es posterior al análisis (${analysis}, desfase UTC ${offset}): el reloj o la zona horaria del equipo o de este servicio es incorrecto. Los resultados DICOM llevan la hora de la última imagen.`,

  'patient-match-delayed': () =>
    'La historia clínica electrónica no respondió antes del análisis; el paciente se identifica antes de enviar el informe.',
  'patient-confirmed': ({ reference, by, on }, { isoDate }) =>
    `El paciente de la historia (${reference}) fue confirmado por ${by} el ${isoDate(on)}; no coinciden todos los datos: identificador, fecha de nacimiento, sexo o nombre.`,
  'consent-not-read': () =>
    'No se pudo leer el consentimiento del paciente antes del análisis; se lee antes de enviar el informe.',
  'clinical-facts-missing': () =>
    'No se pudieron leer de la historia el tratamiento ni el estado funcional; las predicciones se hicieron sin ellos.',
  'treatment-missing': () =>
    'No se pudieron leer de la historia la radioterapia, el bevacizumab ni los corticoides; la hoja de seguimiento deja abierto lo que depende de ellos.',
  'board-record-missing': () =>
    'No se pudieron leer de la historia la pregunta ni la última decisión del comité de tumores; la página para el comité no las indica.',
  'tissue-results-missing': () =>
    'No se pudieron leer de la historia los estudios de tejido; si los hay, tienen prioridad.',
  'tissue-result': ({ test, value, date }, { isoDate }) =>
    `Estudio de tejido en la historia: ${test}: ${value}${date === '' ? '' : ` (${isoDate(date)})`}. Tiene prioridad sobre la predicción a partir de las imágenes.`,

  'priors-not-searched': ({ error }) => `No se pudieron buscar estudios previos; ${quoted(error)}`,
  'prior-not-compared': ({ date, error }, { readDate }) =>
    `El estudio previo del ${readDate(date)} no se comparó; ${quoted(error)}`,
  'prior-edited': () =>
    'Un médico corrigió valores del estudio previo; se compara lo que el software midió ambas veces.',
  'prior-other-sequences': ({ earlier }) =>
    `Los dos estudios no se leyeron con las mismas secuencias (previo: ${earlier.join(', ')}); ${PART}.`,
  'prior-other-slices': ({ now, earlier }, { millimetres }) =>
    `Los cortes están separados ${millimetres(now)} mm, y ${millimetres(earlier)} mm en el estudio previo; ${PART}.`,
  'corrected-on-review': ({ diametersLeftOut }) =>
    `Se corrigieron volúmenes en la revisión; los contornos son los del software y no se volvieron a dibujar.${diametersLeftOut ? ' Se omiten los diámetros del tumor con realce medidos en ellos.' : ''}`,

  'no-tumour': () => 'No se segmentó ningún tumor, así que no hay nada a partir de lo cual predecir.',
  'broken-head': () => 'El modelo dio valores que no son probabilidades; es un fallo del modelo.',
  'not-adult': () => 'El paciente es menor de 18 años; el modelo se hizo para gliomas de tipo adulto.',
  'needs-t1c': () => 'Necesita una serie T1 con contraste, que falta o no se pudo utilizar.',
  'needs-t2-flair': () => 'Necesita T2 y FLAIR, y una de ellas falta o no se pudo utilizar.',
  'needs-brain': () => 'Necesita el contorno del cerebro, que este modelo no segmenta.',
  'needs-label': () => 'Necesita una parte del tumor que este modelo no segmenta.',
  'needs-features': ({ features }, { featureName }) =>
    `Necesario, pero desconocido en este estudio: ${listed(features.map(featureName))}.`,
  'unlike-library': ({ cosine, least }, { fixed }) =>
    `No se parece a ningún paciente anterior del modelo: el más próximo tiene un coseno de ${fixed(cosine, 2)}, por debajo de ${fixed(least, 2)}.`,
  'unlike-training': ({ feature, distance, limit }, { featureName, fixed }) =>
    `No se parece a los pacientes de entrenamiento, sobre todo en: ${featureName(feature)} (distancia ${fixed(distance, 1)}, límite ${fixed(limit, 1)}).`,
  'unlike-training-in': ({ feature }, { featureName }) =>
    `No se parece a los pacientes de entrenamiento, sobre todo en: ${featureName(feature)}.`,
  'call-unlikely': ({ head, label, probability, least }, { className, percentBelow }) =>
    `Lo más probable es ${className(head, label)}, con ${percentBelow(probability)}, pero para afirmarlo hace falta ${percentBelow(least)}.`,
  'call-bounded': ({ head, label, patients, most, least }, { className, percentBelow }) =>
    `Lo más probable es ${className(head, label)}, pero con ${patients} pacientes así el modelo puede afirmar como máximo ${percentBelow(most)} y hace falta ${percentBelow(least)}.`,
  'outline-decides': ({ head, label, samples, differing }, { className, riskGroupName }) =>
    `Decide el contorno: ${head === 'survival' ? `riesgo ${riskGroupName(label)}` : className(head, label)} con el contorno mostrado, pero ${
      differing === 0
        ? `demasiado improbable en las ${samples} muestras de la segmentación`
        : `otra respuesta o ninguna en ${differing} de ${samples} muestras de la segmentación`
    }.`,
  'cannot-tell': ({ head, labels }, { className }) =>
    labels.length === 0
      ? 'Ninguna clase es lo bastante probable.'
      : `No se puede distinguir entre: ${labels.map((label) => className(head, label)).join(', ')}.`,
}
