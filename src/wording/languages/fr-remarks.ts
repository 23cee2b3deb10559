// Sentences that a result keeps, in French.
import { capital } from '../sentences.ts'
import type { Wording } from './en.ts'

const TISSUE = 'C’est l’analyse du tissu qui tranche.'
const CONTRADICTION = 'Les prédictions se contredisent : selon l’OMS 2021,'
const WRONG = 'L’une des deux au moins est fausse.'
const PART = 'une partie de la variation peut en venir'

const listed = (names: readonly string[]) =>
  names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} et ${names.length - 3} autres`

/** What the software says in English, within a French sentence. */
const quoted = (text: string) => `texte original en anglais : « ${text} »`

export const REMARKS: Wording['remarks'] = {
  'sequence-left-out': ({ sequence, error }) =>
    `${sequence} a été écartée et le modèle a fonctionné sans elle ; ${quoted(error)}.`,
  'sequence-missing': ({ sequence }) =>
    `L’examen n’a pas de série ${sequence} utilisable ; le modèle a fonctionné sans elle.`,
  'thick-slices': ({ sequence, mm }, { millimetres }) =>
    `${sequence} : coupes espacées de ${millimetres(mm)} mm ; de petites lésions peuvent échapper à la détection.`,
  'patient-movement': ({ sequence, ...moved }, { movement }) =>
    `${sequence} a été recalée de ${movement(moved)} sur la série de référence.`,

  'region-not-evaluable': ({ key, name, missing }, { regionName, sequences }) =>
    `${capital(regionName(key, name))} : non évaluable ; il manque : ${missing.map((one) => sequences[one]).join(', ')}.`,
  'who-codeleted-wildtype': () =>
    `${CONTRADICTION} une codélétion 1p/19q relève de l’oligodendrogliome IDH muté, mais IDH est prédit sauvage. ${WRONG} ${TISSUE}`,
  'who-codeleted-grade-4': () =>
    `${CONTRADICTION} un oligodendrogliome avec codélétion 1p/19q est de grade 2 ou 3, mais un grade 4 est prédit. ${WRONG} ${TISSUE}`,
  'who-low-grade-wildtype': () =>
    `Association inhabituelle : un gliome diffus de l’adulte d’aspect de grade 2 ou 3, mais prédit IDH sauvage. L’OMS 2021 classe en grade 4 une tumeur astrocytaire diffuse IDH sauvage en présence d’une mutation du promoteur de TERT, d’une amplification d’EGFR ou de +7/-10 ; rien de cela n’est visible ici. ${TISSUE}`,
  'who-pattern-oligodendroglioma': () =>
    `La mutation d’IDH et la codélétion 1p/19q prédites sont compatibles avec un oligodendrogliome (OMS 2021). ${TISSUE}`,
  'who-pattern-astrocytoma': () =>
    `La mutation d’IDH sans codélétion 1p/19q prédite est compatible avec un astrocytome IDH muté (OMS 2021). ${TISSUE}`,
  'who-pattern-glioblastoma': () =>
    `L’IDH sauvage et le grade 4 prédits sont compatibles avec un glioblastome (OMS 2021). ${TISSUE}`,

  'age-contradiction': () =>
    'L’âge indiqué dans les images ne correspond pas à la date de naissance ; les prédictions qui ont besoin de l’âge ne sont pas faites.',
  'age-unknown': ({ bundle, years }) =>
    `« ${bundle} » est destiné aux patients d’au moins ${years} ans ; les images ne permettent pas de connaître l’âge de ce patient, qu’une personne doit vérifier.`,
  'outside-intended-use': ({ bundle, years }) =>
    `Hors de l’usage prévu : « ${bundle} » est destiné aux patients d’au moins ${years} ans et ce patient est plus jeune. Aucun volume ni aucune prédiction n’a été vérifié chez de tels patients.`,
  'similar-patients': ({ head, of, cosines }, { heads, fixed }) =>
    `${heads[head]} : s’appuie sur les plus semblables de ${of} patients antérieurs (cosinus, du plus proche au plus lointain : ${cosines.map((cosine, n) => `${n + 1}. ${fixed(cosine, 2)}`).join(' ; ')}).`,
  'earlier-analysis-accepted': ({ on }, { isoDate }) =>
    `Un médecin a validé une analyse antérieure de cet examen le ${isoDate(on)} ; celle-ci ne la remplace pas.`,
  'images-later-than-analysis': ({ images, analysis, offset }) =>
    `L’heure la plus tardive des images (${images}) est postérieure à l’analyse (${analysis}, décalage UTC ${offset}) : l’horloge ou le fuseau horaire de l’appareil ou de ce service est faux. Les résultats DICOM portent l’heure de la dernière image.`,

  'patient-match-delayed': () =>
    'Le dossier patient informatisé n’a pas répondu avant l’analyse ; le patient est identifié avant l’envoi du compte rendu.',
  'patient-confirmed': ({ reference, by, on }, { isoDate }) =>
    `Le patient du dossier (${reference}) a été confirmé par ${by} le ${isoDate(on)} ; identifiant, date de naissance, sexe ou nom ne concordent pas tous.`,
  'consent-not-read': () =>
    'Le consentement du patient n’a pas pu être lu avant l’analyse ; il est lu avant l’envoi du compte rendu.',
  'clinical-facts-missing': () =>
    'Le traitement et l’état général n’ont pas pu être lus dans le dossier ; les prédictions ont été faites sans eux.',
  'treatment-missing': () =>
    'La radiothérapie, le bévacizumab et les corticoïdes n’ont pas pu être lus dans le dossier ; la fiche de suivi laisse en suspens ce qui en dépend.',
  'board-record-missing': () =>
    'La question et la dernière décision de la RCP n’ont pas pu être lues dans le dossier ; la page destinée à la RCP ne les indique pas.',
  'tissue-results-missing': () =>
    'Les analyses tissulaires n’ont pas pu être lues dans le dossier ; s’il en existe, elles priment.',
  'tissue-result': ({ test, value, date }, { isoDate }) =>
    `Analyse tissulaire au dossier : ${test} : ${value}${date === '' ? '' : ` (${isoDate(date)})`}. Elle prime sur la prédiction à partir des images.`,

  'priors-not-searched': ({ error }) => `La recherche d’examens antérieurs a échoué ; ${quoted(error)}`,
  'prior-not-compared': ({ date, error }, { readDate }) =>
    `L’examen antérieur du ${readDate(date)} n’a pas été comparé ; ${quoted(error)}`,
  'prior-edited': () =>
    'Un médecin a corrigé des valeurs de l’examen antérieur ; on compare ce que le logiciel a mesuré les deux fois.',
  'prior-other-sequences': ({ earlier }) =>
    `Les deux examens n’ont pas été lus sur les mêmes séquences (antérieur : ${earlier.join(', ')}) ; ${PART}.`,
  'prior-other-slices': ({ now, earlier }, { millimetres }) =>
    `Les coupes sont espacées de ${millimetres(now)} mm, contre ${millimetres(earlier)} mm à l’examen antérieur ; ${PART}.`,
  'corrected-on-review': ({ diametersLeftOut }) =>
    `Des volumes ont été corrigés à la relecture ; les contours sont ceux du logiciel et n’ont pas été redessinés.${diametersLeftOut ? ' Les diamètres de la tumeur rehaussée qui y étaient mesurés sont omis.' : ''}`,

  'no-tumour': () => 'Aucune tumeur n’a été segmentée : il n’y a rien à partir de quoi prédire.',
  'broken-head': () => 'Le modèle a donné des valeurs qui ne sont pas des probabilités ; c’est un défaut du modèle.',
  'not-adult': () => 'Le patient a moins de 18 ans ; le modèle a été conçu pour les gliomes de type adulte.',
  'needs-t1c': () => 'Nécessite une série T1 avec gadolinium, absente ou inutilisable.',
  'needs-t2-flair': () => 'Nécessite T2 et FLAIR, dont l’une est absente ou inutilisable.',
  'needs-brain': () => 'Nécessite le contour du cerveau, que ce modèle ne segmente pas.',
  'needs-label': () => 'Nécessite une partie de la tumeur que ce modèle ne segmente pas.',
  'needs-features': ({ features }, { featureName }) =>
    `Nécessaire mais inconnu pour cet examen : ${listed(features.map(featureName))}.`,
  'unlike-library': ({ cosine, least }, { fixed }) =>
    `Ne ressemble à aucun patient antérieur du modèle : le plus proche a un cosinus de ${fixed(cosine, 2)}, en dessous de ${fixed(least, 2)}.`,
  'unlike-training': ({ feature, distance, limit }, { featureName, fixed }) =>
    `Ne ressemble pas aux patients d’entraînement, surtout pour : ${featureName(feature)} (distance ${fixed(distance, 1)}, limite ${fixed(limit, 1)}).`,
  'unlike-training-in': ({ feature }, { featureName }) =>
    `Ne ressemble pas aux patients d’entraînement, surtout pour : ${featureName(feature)}.`,
  'call-unlikely': ({ head, label, probability, least }, { className, percentBelow }) =>
    `Le plus probable est ${className(head, label)} avec ${percentBelow(probability)}, mais il faut ${percentBelow(least)} pour conclure.`,
  'call-bounded': ({ head, label, patients, most, least }, { className, percentBelow }) =>
    `Le plus probable est ${className(head, label)}, mais avec ${patients} patients de ce type le modèle peut atteindre au plus ${percentBelow(most)} ; il faut ${percentBelow(least)} pour conclure.`,
  'outline-decides': ({ head, label, samples, differing }, { className, riskGroupName }) =>
    `Le contour décide : ${head === 'survival' ? `risque ${riskGroupName(label)}` : className(head, label)} avec le contour affiché, mais ${
      differing === 0
        ? `trop peu probable sur les ${samples} tirages de la segmentation`
        : `une autre réponse ou aucune dans ${differing} des ${samples} tirages de la segmentation`
    }.`,
  'cannot-tell': ({ head, labels }, { className }) =>
    labels.length === 0
      ? 'Aucune classe n’est assez probable.'
      : `Impossible de départager : ${labels.map((label) => className(head, label)).join(', ')}.`,
}
