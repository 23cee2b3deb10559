// Every sentence of the PDF report in German.
import { table } from '../../domain/table.ts'
import { FEATURES } from './de-features.ts'
import { REMARKS } from './de-remarks.ts'
import { WORKSHEET } from './de-worksheet.ts'
import type { Wording } from './en.ts'

const SIDES = { left: 'linken', right: 'rechten' }
const THIRDS = { anterior: 'vorderes', middle: 'mittleres', posterior: 'hinteres' }
const patients = (count: number) => (count === 1 ? '1 Patient' : `${count} Patienten`)

export const GERMAN: Wording = {
  language: 'de',
  locale: { decimal: ',', day: (year, month, day) => `${day}.${month}.${year}` },

  title: 'MRT-Gliomanalyse',
  status: 'VORLÄUFIG – nicht ärztlich freigegeben',
  reviewedStatus: {
    final: 'ENDGÜLTIG – ärztlich freigegeben',
    amended: 'GEÄNDERT – ärztlich freigegeben',
    'entered-in-error': 'VERWORFEN – nicht verwenden',
  },
  pageOf: (page, count) => `Seite ${page} von ${count}`,
  notStated: 'keine Angabe',
  sections: {
    patient: 'Patient',
    study: 'Untersuchung',
    images: 'Schlüsselbilder',
    volumes: 'Volumina',
    predictions: 'Vorhersagen aus den Bildern',
    explanation:
      'Was die Vorhersagen am stärksten beeinflusst hat (gemeinsame Skala; rechts der Linie: wahrscheinlicher)',
    survival: 'Überleben der Risikogruppe in den Trainingsdaten',
    quality: 'Hinweise zur Qualität',
    series: 'Verwendete Serien',
  },
  labels: {
    patientId: 'Patienten-ID',
    birthDate: 'Geboren',
    sex: 'Geschlecht',
    studyDate: 'Datum',
    accession: 'Auftragsnr.',
    description: 'Beschreibung',
    referrer: 'Zuweisung',
    studyUid: 'Studien-UID',
    region: 'Region',
    volume: 'mL',
    deviation: '± SD',
    regionInMl: 'Region, mL',
    earlier: 'vorher',
    now: 'jetzt',
    change: 'Änderung ± SD',
    predicted: 'Vorhersage',
    result: 'Ergebnis',
    probability: 'Wahrscheinlichkeit (95-%-Intervall)',
    bundle: 'Modellpaket',
    digest: 'Paket sha256',
    weights: 'Gewichte sha256',
    license: 'Lizenz',
    software: 'Software',
    execution: 'Ausgeführt auf',
    analysis: 'Analyse',
    reference: 'Referenzserie',
    analysedAt: 'Erfasst',
    declined: 'Abgelehnt',
    reviewedAt: 'Geprüft',
  },

  sexes: table({ M: 'männlich', F: 'weiblich', O: 'divers' }),
  heads: { idh: 'IDH', '1p19q': '1p/19q', mgmt: 'MGMT', grade: 'WHO-Grad', survival: 'Überleben' },
  sequences: { T1: 'T1 nativ', T1c: 'T1 mit KM', T2: 'T2', FLAIR: 'FLAIR', ADC: 'ADC-Karte', rCBV: 'rCBV-Karte' },
  regions: table({
    WT: 'Gesamttumor',
    TC: 'Tumorkern',
    ET: 'KM-aufnehmender Tumor',
    ED: 'Ödem und Infiltration',
    NCR: 'nekrotischer Kern',
  }),
  shortRegions: table({ ET: 'KM-aufn. Tumor', ED: 'Ödem/Infiltration' }),
  classes: table({
    'IDH-mutant': 'IDH-mutiert',
    'IDH-wildtype': 'IDH-Wildtyp',
    intact: 'intakt',
    codeleted: 'kodeletiert',
    methylated: 'methyliert',
    unmethylated: 'unmethyliert',
    indeterminate: 'unbestimmt',
    'not-evaluable': 'nicht beurteilbar',
  }),
  riskGroups: table({ low: 'niedrig', middle: 'mittel', high: 'hoch' }),
  grade: (digit) => `Grad ${digit}`,
  months: (count) => `${count} Monate`,

  named: (name, value) => `${name}: ${value}`,
  notEvaluable: 'nicht beurteilbar',
  indeterminate: 'unbestimmt',
  survivalResult: 'Überleben',
  undecided: (classes) => (classes.length === 0 ? 'keine sicher genug' : classes.join(' oder ')),
  tissueCall: (value) => `Gewebe: ${value}`,
  fromImages: (result) => `Bilder: ${result}`,
  riskGroupOf: (name) => `Risikogruppe: ${name}`,
  noPrediction: 'das Modellpaket macht hierzu keine Aussage',
  likelihood: { 'very likely': 'sehr wahrscheinlich', likely: 'wahrscheinlich' },
  uncertain: 'unsicher',
  cannotTell: (classes) =>
    classes.length === 0 ? 'Keine Klasse ist wahrscheinlich genug.' : `Nicht zu unterscheiden: ${classes.join(', ')}.`,
  bound: (count, name, most) => `Daten von ${patients(count)} (${name}) belegen höchstens ${most}.`,
  budget: (ofHundred, wrong, n) =>
    `Von 100 vergleichbaren Patienten der Messdaten wurden ${ofHundred} falsch eingeordnet (${wrong} von ${n}).`,
  briefBudget: (wrong, n) => `${wrong} von ${n} solchen Einordnungen waren falsch`,

  noQualityNotes: 'Keine.',
  warning: 'Warnung',
  note: 'Hinweis',
  quoted: (text) => `Im englischen Wortlaut: „${text}“`,
  englishIn: /(?<=[Ii]m englischen Wortlaut: „|\(englisch\): „)[^“]+/g,
  noExplanation: 'Keine Erklärung: nichts war beurteilbar.',
  riskOfDeath: 'Sterberisiko',
  others: (count) => `${count} weitere zusammen`,
  groupLegend: (name, n, events) => `${name}: ${n} Pat., ${events} Todesfälle`,
  bandLegend: '95-%-Band der Gruppe',
  patientLegend: 'dieser Patient, 95-%-Intervall',
  monthsAxis: 'Monate nach der Bildgebung',
  curveAlternative: (name, n, shares, patient) =>
    `Kaplan-Meier-Kurve der Risikogruppe „${name}“ in den Trainingsdaten (${patients(n)}): am Leben ${shares.join(', ')}. Für diesen Patienten vorhergesagt: am Leben ${patient.join(', ')}.`,
  aliveAfter: (share, months) => `${share} nach ${months} Monaten`,
  noSequence: 'nicht vorhanden',
  noVolumes: 'Das Modellpaket misst keine Volumina.',
  referenceSeries: 'Referenz',
  noOutlines: 'Ohne Konturen: kein Tumor segmentiert.',
  diameters: (sizes) => `KM-aufnehmend, axiale Durchmesser (RANO): ${sizes.join('; ')}.`,
  tooSmall: (size) => `${size} (für die Verlaufsmessung zu klein)`,
  noFinding:
    'Oberhalb der Nachweisgrenze dieses Modellpakets wurde kein Tumor segmentiert. Das schließt einen Tumor nicht aus: Kleine, kontrastarme oder untypische Läsionen werden übersehen.',
  segmented: (volumes) =>
    volumes.length === 0
      ? 'Eine Läsion wurde segmentiert; siehe Volumina.'
      : `Eine Läsion wurde segmentiert: ${volumes.join(', ')}.`,
  since: (date, days, category) => `Seit ${date} (${days} d): ${category}.`,
  noCategory: 'Größenverlauf nicht einzuordnen, siehe Hinweise',
  more: (count) => `… (${count} weitere am Ende)`,
  inFull: 'Vollständiger Text: was auf den vorigen Seiten keinen Platz hatte',
  position: (plane, side, mm) => `${plane === 'coronal' ? 'koronar' : plane} ${side} ${mm} mm`,
  rightOnLeft: 'Die rechte Seite liegt im Bild links.',
  throughTumour: 'Größter Tumorquerschnitt.',
  throughBrain: 'Durch die Mitte des Gehirns.',
  figure: (sequence, position, outlines) =>
    `${sequence}, ${position}, ${outlines.length === 0 ? 'ohne Konturen' : `mit Kontur: ${outlines.join(', ')}`}.`,
  directions: {
    axial: 'Die rechte Seite des Patienten liegt links im Bild, vorn ist oben.',
    coronal: 'Die rechte Seite des Patienten liegt links im Bild, kranial ist oben.',
    sagittal: 'Vorn ist links im Bild, kranial ist oben.',
  },
  movedBy: (movement) => `Versatz ${movement}`,
  slices: (mm) => `Schicht ${mm} mm`,
  none: 'keine',
  unreadable: (count) =>
    `Für ${count === 1 ? 'ein Zeichen' : `${count} Zeichen`} gibt es hier keine Schrift, gedruckt als [U+…]; bitte den Text im KIS oder PACS lesen.`,
  noFigures:
    'Die Schlüsselbilder stehen im vorläufigen Bericht dieser Analyse; für diesen wurden sie nicht aufbewahrt.',
  corrected: 'korrigiert',
  outlines:
    'Die Volumina gehören zu den gezeigten Konturen; vor der Verwendung eines Volumens die Konturen an den Bildern prüfen.',
  correctedOutlines:
    'Korrigierte Volumina stammen aus der ärztlichen Prüfung; die gezeigten Konturen sind die der Software und wurden nicht neu gezeichnet.',
  redrawnOutlines: 'Die Volumina wurden an den ärztlich korrigierten Konturen neu gemessen.',
  notReviewed:
    'Von Software (KI) erstellt, nicht ärztlich freigegeben. Nur für Forschung; keine klinische Entscheidung ohne fachärztliche Prüfung.',
  notTissue:
    'Marker, Grad und Überleben sind aus Bildern vorhergesagt: kein Gewebebefund, kein Ersatz für Histologie oder Molekularpathologie.',
  withdrawn:
    'Diese Seite ersetzt den verworfenen Bericht. Die Ergebnisse der Software werden nicht gezeigt und dürfen nicht verwendet werden.',
  intendedUse: (text) => `Zweckbestimmung laut Modellpaket (englisch): „${text}“`,

  board: {
    enhancing: 'Größte KM-Aufnahme',
    oedema: 'Größtes Ödem',
    middle: 'Mitte des Gehirns',
    plain: 'Bild allein',
    outlined: 'mit Konturen',
    planes: 'Wichtige Schichten in drei Ebenen',
    predicted: 'Aus den Bildern',
    more: 'Einzelheiten, Grenzen und Herkunft: nächste Seite.',
    question: 'Fragestellung',
    decided: (date) => `Tumorboard vom ${date}`,
    since: (date) => `Seither (Untersuchung vom ${date})`,
    scan: 'Alle Bilder und die Freigabe',
    qrAlternative: 'QR-Code mit der Adresse der Untersuchung',
  },
  bornOn: (date) => `geb. ${date}`,
  imagingOf: (date) => `MRT vom ${date}`,
  changeSince: (change, date) => `${change} mL seit ${date}`,

  impression: {
    noTumour: 'Oberhalb der Nachweisgrenze des Modells kein Tumor segmentiert; das schließt einen Tumor nicht aus.',
    where: ({ side, part, crossesMidline }) =>
      ` in der ${SIDES[side]} Hirnhälfte, ${THIRDS[part]} Drittel${crossesMidline ? ', mittellinienüberschreitend' : ''}`,
    tumour: (where, volumes, size) => `Tumor${where}: ${volumes.join(', ')}${size}.`,
    regions: { WT: 'gesamt', TC: 'Kern', ET: 'KM-aufnehmend' },
    largest: (pair) => `; größte KM-aufnehmende Läsion ${pair}`,
    since: (date, change) => `Seit ${date}: ${change}.`,
    changeNotEvaluable: 'Größenverlauf nicht beurteilbar',
    tissue: (results) => `Gewebebefund in der Akte: ${results.join('; ')}.`,
    likely: (calls) => `Nach den Bildern wahrscheinlich: ${calls.join(', ')}.`,
    nothing: 'Aus den Bildern ließen sich weder Marker noch Grad noch Überleben vorhersagen.',
    call: (head, name) => (head === '1p19q' ? `1p/19q ${name}` : head === 'mgmt' ? `MGMT-Promotor ${name}` : name),
    riskOfDeath: (group) => `Sterberisiko ${group}`,
    grade: (digit) => `WHO-Grad ${digit}`,
    notMeasured: 'nicht gemessen: KM-aufnehmender Tumor',
    undecided: (heads) => `unbestimmt: ${heads.join(', ')}`,
    notEvaluable: (heads) => `nicht beurteilbar: ${heads.join(', ')}`,
    open: (parts) => `Offen – ${parts.join('; ')}; Gründe im Bericht.`,
    nothingOpen: 'Keine Frage an die Bilder blieb offen.',
  },

  categories: {
    CR: 'KM-aufnehmender Tumor nicht mehr nachweisbar (komplettes Ansprechen nach Größe)',
    PR: 'KM-aufnehmender Tumor kleiner (partielles Ansprechen nach Größe)',
    SD: 'KM-aufnehmender Tumor größenkonstant',
    PD: 'KM-aufnehmender Tumor größenprogredient',
  },

  comparison: {
    study: (date, days) => `Voruntersuchung vom ${date}, ${days === 1 ? '1 Tag' : `${days} Tage`} zuvor`,
    aligned: (movement, residualMm) => `überlagert mit ${movement}; Restabweichung ${residualMm} mm`,
    notEvaluable: (reasons) => `nicht beurteilbar: ${reasons.join(' ')}`,
    products: (change, deviation) =>
      `Summe der Durchmesserprodukte ${change} % (${deviation === undefined ? 'Unsicherheit unbekannt' : `Standardabweichung ${deviation} %`})`,
    withProducts: (title, change) => `${title}; ${change}`,
    alsoPossible: (categories) => `auch möglich: ${categories.join(', ')}`,
    lesions: {
      new: (size) => `Neue Läsion${size}.`,
      gone: (size) => `Eine Läsion der Voruntersuchung ist nicht mehr nachweisbar${size}.`,
      merged: (size) => `Läsionen sind zusammengewachsen${size}.`,
      split: (size) => `Ein Teil einer Läsion hat sich abgelöst${size}.`,
    },
    caveat:
      'Bildgebende Verlaufskategorie nur gegenüber der Voruntersuchung und nur aus Messungen; Klinik, Steroide, Therapie und Nadir sind nicht berücksichtigt, und sie ist nicht ärztlich bestätigt.',
    compared: (study, aligned, rest) => `Verglichen mit: ${study} (${aligned}). ${rest.join(' ')}`,
  },

  review: {
    lesion: (number) => `Läsion ${number}`,
    diameters: (number) => `Durchmesser der KM-aufnehmenden Läsion ${number}`,
    outlines: 'Konturen',
    segment: (name) => `Segment ${name}`,
    by: (name, identifier, at) => `${name} (${identifier}) am ${at}`,
    excluded: (volume, who, reason) => `Ausgeschlossen${volume} durch ${who}: ${reason}`,
    redrawn: (who, reason) => `Mit dem Pinsel neu gezeichnet durch ${who}: ${reason}`,
    changed: (who, from, to, reason) => `Geändert durch ${who} von ${from} (Wert der Software) auf ${to}: ${reason}`,
    derived: (who, from, to) =>
      `Neu berechnet nach den Korrekturen durch ${who}: von ${from} (Wert der Software) auf ${to}.`,
    rejected: (who, remark) => `Verworfen durch ${who}${remark}. Nicht verwenden.`,
    accepted: (who, remark) =>
      `Von Software (künstliche Intelligenz) erstellt; geprüft und freigegeben durch ${who}${remark}. Nur für Forschungszwecke.`,
    acceptedWithEdits: (who, remark) =>
      `Von Software (künstliche Intelligenz) erstellt; geprüft und mit Korrekturen freigegeben durch ${who}${remark}. Nur für Forschungszwecke.`,
  },

  course: {
    title: 'Volumenverlauf',
    unit: 'mL',
    intervals:
      'Senkrechte Striche: 95-%-Intervalle, sofern der Fehler bekannt ist. Alle Werte mit dieser Software gemessen.',
    regions: { WT: 'gesamt', TC: 'Kern', ET: 'KM-aufn.' },
    line: (name, points) => `${name}: ${points.map(({ volume, date }) => `${volume} am ${date}`).join(', ')}.`,
  },

  meeting: {
    title: 'Tumorboard',
    none: 'Es wurde kein Patient genannt.',
    details: 'Einzelheiten, Grenzen und Herkunft: im Bericht dieses Patienten.',
    notShown: {
      'no-result': 'keine abgeschlossene Analyse',
      'several-issuers': 'mehrere Patienten haben diese Kennung; bitte die vergebende Stelle angeben',
      'no-identifier': 'das KIS hat zu diesem Patienten keine Patienten-ID',
    },
    count: patients,
    onPage: (page) => `Seite ${page}`,
  },

  features: FEATURES,
  worksheet: WORKSHEET,
  remarks: REMARKS,
}
