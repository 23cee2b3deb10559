// Every sentence of the PDF report in French.
import { table } from '../../domain/table.ts'
import type { Wording } from './en.ts'
import { FEATURES } from './fr-features.ts'
import { REMARKS } from './fr-remarks.ts'
import { WORKSHEET } from './fr-worksheet.ts'

const SIDES = { left: 'gauche', right: 'droit' }
const THIRDS = { anterior: 'antérieur', middle: 'moyen', posterior: 'postérieur' }
const patients = (count: number) => (count === 1 ? '1 patient' : `${count} patients`)

export const FRENCH: Wording = {
  language: 'fr',
  locale: { decimal: ',', day: (year, month, day) => `${day}/${month}/${year}` },

  title: 'Analyse IRM de gliome',
  status: 'PROVISOIRE – non validé par un médecin',
  reviewedStatus: {
    final: 'DÉFINITIF – validé par un médecin',
    amended: 'CORRIGÉ – validé par un médecin',
    'entered-in-error': 'REJETÉ – ne pas utiliser',
  },
  pageOf: (page, count) => `Page ${page} sur ${count}`,
  notStated: 'non précisé',
  sections: {
    patient: 'Patient',
    study: 'Examen',
    images: 'Images clés',
    volumes: 'Volumes',
    predictions: 'Prédictions à partir des images',
    explanation: 'Ce qui a le plus influencé les prédictions (même échelle ; à droite du trait : plus probable)',
    survival: 'Survie du groupe de risque dans les données d’entraînement',
    quality: 'Remarques sur la qualité',
    series: 'Séries utilisées',
  },
  labels: {
    patientId: 'ID patient',
    birthDate: 'Né(e) le',
    sex: 'Sexe',
    studyDate: 'Date',
    accession: 'N° demande',
    description: 'Description',
    referrer: 'Prescripteur',
    studyUid: 'UID examen',
    region: 'Région',
    volume: 'mL',
    deviation: '± ET',
    regionInMl: 'Région, mL',
    earlier: 'avant',
    now: 'actuel',
    change: 'variation ± ET',
    predicted: 'Prédiction',
    result: 'Résultat',
    probability: 'Probabilité (intervalle à 95 %)',
    bundle: 'Modèle',
    digest: 'Modèle sha256',
    weights: 'Poids sha256',
    license: 'Licence',
    software: 'Logiciel',
    execution: 'Exécuté sur',
    analysis: 'Analyse',
    reference: 'Série de réf.',
    analysedAt: 'Enregistré',
    declined: 'Écartés',
    reviewedAt: 'Relu',
  },

  sexes: table({ M: 'masculin', F: 'féminin', O: 'autre' }),
  heads: { idh: 'IDH', '1p19q': '1p/19q', mgmt: 'MGMT', grade: 'Grade OMS', survival: 'Survie' },
  sequences: {
    T1: 'T1',
    T1c: 'T1 gadolinium',
    T2: 'T2',
    FLAIR: 'FLAIR',
    ADC: 'Carte ADC',
    rCBV: 'Carte rCBV',
  },
  regions: table({
    WT: 'tumeur totale',
    TC: 'noyau tumoral',
    ET: 'tumeur rehaussée',
    ED: 'œdème et infiltration',
    NCR: 'noyau nécrotique',
  }),
  shortRegions: table({ ED: 'œdème/infiltration' }),
  classes: table({
    'IDH-mutant': 'IDH muté',
    'IDH-wildtype': 'IDH sauvage',
    intact: 'non codélété',
    codeleted: 'codélété',
    methylated: 'méthylé',
    unmethylated: 'non méthylé',
    indeterminate: 'indéterminé',
    'not-evaluable': 'non évaluable',
  }),
  riskGroups: table({ low: 'faible', middle: 'intermédiaire', high: 'élevé' }),
  grade: (digit) => `grade ${digit}`,
  months: (count) => `${count} mois`,

  named: (name, value) => `${name} : ${value}`,
  notEvaluable: 'non évaluable',
  indeterminate: 'indéterminé',
  survivalResult: 'survie à',
  undecided: (classes) => (classes.length === 0 ? 'aucune assez probable' : classes.join(' ou ')),
  tissueCall: (value) => `tissu : ${value}`,
  fromImages: (result) => `images : ${result}`,
  riskGroupOf: (name) => `risque : ${name}`,
  noPrediction: 'le modèle ne donne pas de résultat sur ce point',
  likelihood: { 'very likely': 'très probable', likely: 'probable' },
  uncertain: 'incertain',
  cannotTell: (classes) =>
    classes.length === 0 ? 'Aucune classe n’est assez probable.' : `Impossible de départager : ${classes.join(', ')}.`,
  bound: (count, name, most) => `Les données de ${patients(count)} (${name}) ne permettent pas de dépasser ${most}.`,
  budget: (ofHundred, wrong, n) =>
    `Sur 100 patients comparables des données mesurées, ${ofHundred} ont été mal classés (${wrong} sur ${n}).`,
  briefBudget: (wrong, n) => `${wrong} classements erronés sur ${n} semblables`,

  noQualityNotes: 'Aucune.',
  warning: 'Attention',
  note: 'Note',
  quoted: (text) => `Texte original en anglais : « ${text} »`,
  englishIn: /(?<=exte original en anglais\)? : « )[^»]+(?= »)/g,
  noExplanation: 'Pas d’explication : rien n’était évaluable.',
  riskOfDeath: 'Risque de décès',
  others: (count) => `${count} autres ensemble`,
  groupLegend: (name, n, events) => `${name} : ${patients(n)}, ${events} décès`,
  bandLegend: 'bande à 95 % du groupe',
  patientLegend: 'ce patient, intervalle à 95 %',
  monthsAxis: 'mois après l’imagerie',
  curveAlternative: (name, n, shares, patient) =>
    `Courbe de Kaplan-Meier du groupe de risque ${name} dans les données d’entraînement (${patients(n)}) : en vie ${shares.join(', ')}. Prédit pour ce patient : en vie ${patient.join(', ')}.`,
  aliveAfter: (share, months) => `${share} à ${months} mois`,
  noSequence: 'non disponible',
  noVolumes: 'Le modèle ne mesure aucun volume.',
  referenceSeries: 'référence',
  noOutlines: 'Aucun contour : aucune tumeur segmentée.',
  diameters: (sizes) => `Rehaussement, diamètres axiaux (RANO) : ${sizes.join(' ; ')}.`,
  tooSmall: (size) => `${size} (trop petit pour le suivi)`,
  noFinding:
    'Aucune tumeur n’a été segmentée au-dessus du seuil de détection de ce modèle. Cela n’exclut pas une tumeur : les lésions petites, peu contrastées ou atypiques échappent à la détection.',
  segmented: (volumes) =>
    volumes.length === 0
      ? 'Une lésion a été segmentée ; voir les volumes.'
      : `Une lésion a été segmentée : ${volumes.join(', ')}.`,
  since: (date, days, category) => `Depuis le ${date} (${days} j) : ${category}.`,
  noCategory: 'évolution de taille non classée, voir les remarques',
  more: (count) => `… (${count} de plus à la fin)`,
  inFull: 'Texte intégral de ce qui ne tenait pas sur les pages précédentes',
  position: (plane, side, mm) => `${plane} ${side} ${mm} mm`,
  rightOnLeft: 'Droite du patient à gauche.',
  throughTumour: 'Plus grande coupe de la tumeur.',
  throughBrain: 'Coupe au milieu du cerveau.',
  figure: (sequence, position, outlines) =>
    `${sequence}, ${position}, ${outlines.length === 0 ? 'sans contour' : `avec les contours : ${outlines.join(', ')}`}.`,
  directions: {
    axial: 'La droite du patient est à gauche de l’image, l’avant est en haut.',
    coronal: 'La droite du patient est à gauche de l’image, le haut de la tête est en haut.',
    sagittal: 'L’avant est à gauche de l’image, le haut de la tête est en haut.',
  },
  movedBy: (movement) => `recalage ${movement}`,
  slices: (mm) => `coupe ${mm} mm`,
  none: 'aucun',
  unreadable: (count) =>
    `Cette page n’a pas de glyphe pour ${count === 1 ? 'un caractère' : `${count} caractères`}, imprimé sous la forme [U+…] ; lire le texte dans le dossier patient ou le PACS.`,
  noFigures:
    'Les images clés figurent dans le compte rendu provisoire de cette analyse ; elles n’ont pas été conservées pour celui-ci.',
  corrected: 'corrigé',
  outlines:
    'Les volumes sont ceux des contours affichés ; vérifier les contours sur les images avant d’utiliser un volume.',
  correctedOutlines:
    'Les volumes corrigés sont ceux du médecin ; les contours affichés sont ceux du logiciel et n’ont pas été redessinés.',
  redrawnOutlines: 'Les volumes ont été remesurés sur les contours corrigés par le médecin.',
  notReviewed:
    'Produit par un logiciel (IA), non validé par un médecin. Réservé à la recherche ; aucune décision clinique sans relecture médicale.',
  notTissue:
    'Marqueurs, grade et survie prédits d’après les images : ni analyse tissulaire, ni substitut à l’histologie ou à la biologie moléculaire.',
  withdrawn:
    'Cette page remplace le compte rendu rejeté. Les résultats du logiciel ne sont pas affichés et ne doivent pas être utilisés.',
  intendedUse: (text) => `Usage prévu selon le modèle (texte original en anglais) : « ${text} »`,

  board: {
    enhancing: 'Rehaussement maximal',
    oedema: 'Œdème maximal',
    middle: 'Milieu du cerveau',
    plain: 'image seule',
    outlined: 'avec contours',
    planes: 'Coupes clés dans les trois plans',
    predicted: 'D’après les images',
    more: 'Détails, limites et provenance : page suivante.',
    question: 'Question posée',
    decided: (date) => `RCP du ${date}`,
    since: (date) => `Depuis (examen du ${date})`,
    scan: 'Toutes les images et la décision',
    qrAlternative: 'Code QR de l’adresse de la page de l’examen',
  },
  bornOn: (date) => `né(e) le ${date}`,
  imagingOf: (date) => `IRM du ${date}`,
  changeSince: (change, date) => `${change} mL depuis le ${date}`,

  impression: {
    noTumour: 'Aucune tumeur segmentée au-dessus du seuil de ce modèle ; cela n’en exclut pas une.',
    where: ({ side, part, crossesMidline }) =>
      ` de l’hémisphère ${SIDES[side]}, tiers ${THIRDS[part]}${crossesMidline ? ', franchissant la ligne médiane' : ''}`,
    tumour: (where, volumes, size) => `Tumeur${where} : ${volumes.join(', ')}${size}.`,
    regions: { WT: 'totale', TC: 'noyau', ET: 'rehaussée' },
    largest: (pair) => ` ; plus grande lésion rehaussée ${pair}`,
    since: (date, change) => `Depuis le ${date} : ${change}.`,
    changeNotEvaluable: 'évolution de taille non évaluable',
    tissue: (results) => `Analyse tissulaire au dossier : ${results.join(' ; ')}.`,
    likely: (calls) => `Probable d’après les images : ${calls.join(', ')}.`,
    nothing: 'Aucun marqueur, grade ou survie n’a pu être prédit à partir des images.',
    call: (head, name) => (head === '1p19q' ? `1p/19q ${name}` : head === 'mgmt' ? `promoteur MGMT ${name}` : name),
    riskOfDeath: (group) => `risque de décès ${group}`,
    grade: (digit) => `grade OMS ${digit}`,
    notMeasured: 'non mesuré : tumeur rehaussée',
    undecided: (heads) => `indéterminé : ${heads.join(', ')}`,
    notEvaluable: (heads) => `non évaluable : ${heads.join(', ')}`,
    open: (parts) => `En suspens – ${parts.join(' ; ')} ; motifs dans le compte rendu.`,
    nothingOpen: 'Aucune question posée aux images n’est restée en suspens.',
  },

  categories: {
    CR: 'disparition de la tumeur rehaussée (réponse complète en taille)',
    PR: 'diminution de la tumeur rehaussée (réponse partielle en taille)',
    SD: 'tumeur rehaussée stable en taille',
    PD: 'progression en taille de la tumeur rehaussée',
  },

  comparison: {
    study: (date, days) => `examen du ${date}, ${days === 1 ? '1 jour' : `${days} jours`} plus tôt`,
    aligned: (movement, residualMm) => `recalage de ${movement} ; écart résiduel ${residualMm} mm`,
    notEvaluable: (reasons) => `non évaluable : ${reasons.join(' ')}`,
    products: (change, deviation) =>
      `somme des produits des diamètres ${change} % (${deviation === undefined ? 'incertitude inconnue' : `écart-type ${deviation} %`})`,
    withProducts: (title, change) => `${title} ; ${change}`,
    alsoPossible: (categories) => `également possible : ${categories.join(', ')}`,
    lesions: {
      new: (size) => `Nouvelle lésion${size}.`,
      gone: (size) => `Une lésion de l’examen antérieur n’est plus visible${size}.`,
      merged: (size) => `Des lésions ont fusionné${size}.`,
      split: (size) => `Une partie d’une lésion s’est séparée${size}.`,
    },
    caveat:
      'Catégorie d’évolution en imagerie par rapport au seul examen antérieur, d’après les mesures ; l’état clinique, les corticoïdes, le traitement et le nadir ne sont pas pris en compte, et aucun médecin ne l’a confirmée.',
    compared: (study, aligned, rest) => `Comparé avec : ${study} (${aligned}). ${rest.join(' ')}`,
  },

  review: {
    lesion: (number) => `Lésion ${number}`,
    diameters: (number) => `Diamètres de la lésion rehaussée ${number}`,
    outlines: 'Contours',
    segment: (name) => `Segment ${name}`,
    by: (name, identifier, at) => `${name} (${identifier}) le ${at}`,
    excluded: (volume, who, reason) => `Exclu${volume} par ${who} : ${reason}`,
    redrawn: (who, reason) => `Redessiné au pinceau par ${who} : ${reason}`,
    changed: (who, from, to, reason) => `Modifié par ${who} de ${from} (valeur du logiciel) à ${to} : ${reason}`,
    derived: (who, from, to) => `Recalculé après les corrections de ${who} : de ${from} (valeur du logiciel) à ${to}.`,
    rejected: (who, remark) => `Rejeté par ${who}${remark}. Ne pas utiliser.`,
    accepted: (who, remark) =>
      `Rédigé par un logiciel (intelligence artificielle) ; relu et validé par ${who}${remark}. Réservé à la recherche.`,
    acceptedWithEdits: (who, remark) =>
      `Rédigé par un logiciel (intelligence artificielle) ; relu et validé avec corrections par ${who}${remark}. Réservé à la recherche.`,
  },

  course: {
    title: 'Volumes au cours du temps',
    unit: 'mL',
    intervals: 'Traits verticaux : intervalles à 95 %, si l’erreur est connue. Toutes les mesures sont de ce logiciel.',
    regions: { WT: 'totale', TC: 'noyau', ET: 'rehaussée' },
    line: (name, points) => `${name} : ${points.map(({ volume, date }) => `${volume} le ${date}`).join(', ')}.`,
  },

  meeting: {
    title: 'Réunion de concertation pluridisciplinaire',
    none: 'Aucun patient n’a été indiqué.',
    details: 'Détails, limites et provenance : compte rendu de ce patient.',
    notShown: {
      'no-result': 'aucune analyse terminée',
      'several-issuers': 'plusieurs patients portent cet identifiant ; préciser l’autorité émettrice',
      'no-identifier': 'le dossier patient informatisé n’a pas d’ID pour ce patient',
    },
    count: patients,
    onPage: (page) => `page ${page}`,
  },

  features: FEATURES,
  worksheet: WORKSHEET,
  remarks: REMARKS,
}
