// Sentences that a result keeps, in German.
import { capital } from '../sentences.ts'
import type { Wording } from './en.ts'

const TISSUE = 'Maßgeblich ist das Gewebe.'
const CONTRADICTION = 'Die Vorhersagen widersprechen sich: Nach WHO 2021'
const WRONG = 'Mindestens eine der beiden ist falsch.'
const ENDS = 'ein Teil der Änderung kann daher rühren'

const listed = (names: readonly string[]) =>
  names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} und ${names.length - 3} weitere`

/** What the software says in English, within a German sentence. */
const quoted = (text: string) => `im englischen Wortlaut: „${text}“`

export const REMARKS: Wording['remarks'] = {
  'sequence-left-out': ({ sequence, error }) =>
    `${sequence} wurde weggelassen, das Modell lief ohne diese Sequenz; ${quoted(error)}.`,
  'sequence-missing': ({ sequence }) => `Keine brauchbare ${sequence}-Serie vorhanden; das Modell lief ohne sie.`,
  'thick-slices': ({ sequence, mm }, { millimetres }) =>
    `${sequence} hat einen Schichtabstand von ${millimetres(mm)} mm; kleine Läsionen können fehlen.`,
  'patient-movement': ({ sequence, ...moved }, { movement }) =>
    `${sequence} wurde um ${movement(moved)} verschoben, um zur Referenzserie zu passen.`,

  'region-not-evaluable': ({ key, name, missing }, { regionName, sequences }) =>
    `${capital(regionName(key, name))}: nicht beurteilbar; es fehlt: ${missing.map((one) => sequences[one]).join(', ')}.`,
  'who-codeleted-wildtype': () =>
    `${CONTRADICTION} gehört eine 1p/19q-Kodeletion zum IDH-mutierten Oligodendrogliom, vorhergesagt ist aber ein IDH-Wildtyp. ${WRONG} ${TISSUE}`,
  'who-codeleted-grade-4': () =>
    `${CONTRADICTION} hat ein Oligodendrogliom mit 1p/19q-Kodeletion Grad 2 oder 3, vorhergesagt ist aber Grad 4. ${WRONG} ${TISSUE}`,
  'who-low-grade-wildtype': () =>
    `Ungewöhnliche Kombination: ein diffuses Gliom des Erwachsenen, das nach Grad 2 oder 3 aussieht, aber als IDH-Wildtyp vorhergesagt ist. Nach WHO 2021 hat ein diffuser astrozytärer Tumor mit IDH-Wildtyp Grad 4, wenn eine TERT-Promotormutation, eine EGFR-Amplifikation oder +7/-10 vorliegt; nichts davon ist hier erkennbar. ${TISSUE}`,
  'who-pattern-oligodendroglioma': () =>
    `Die vorhergesagte IDH-Mutation mit 1p/19q-Kodeletion passt zu einem Oligodendrogliom (WHO 2021). ${TISSUE}`,
  'who-pattern-astrocytoma': () =>
    `Die vorhergesagte IDH-Mutation ohne 1p/19q-Kodeletion passt zu einem IDH-mutierten Astrozytom (WHO 2021). ${TISSUE}`,
  'who-pattern-glioblastoma': () =>
    `Der vorhergesagte IDH-Wildtyp mit Grad 4 passt zu einem Glioblastom (WHO 2021). ${TISSUE}`,

  'age-contradiction': () =>
    'Das Alter in den Bildern passt nicht zum Geburtsdatum; Vorhersagen, die das Alter brauchen, entfallen.',
  'age-unknown': ({ bundle, years }) =>
    `„${bundle}“ ist für Patienten ab ${years} Jahren bestimmt; das Alter dieses Patienten geht aus den Bildern nicht hervor und muss von einem Menschen geprüft werden.`,
  'outside-intended-use': ({ bundle, years }) =>
    `Außerhalb der Zweckbestimmung: „${bundle}“ ist für Patienten ab ${years} Jahren bestimmt, dieser Patient ist jünger. Kein Volumen und keine Vorhersage wurde je an solchen Patienten überprüft.`,
  'similar-patients': ({ head, of, cosines }, { heads, fixed }) =>
    `${heads[head]}: stützt sich auf die ähnlichsten von ${of} früheren Patienten (Kosinus, nächster zuerst: ${cosines.map((cosine, n) => `${n + 1}. ${fixed(cosine, 2)}`).join('; ')}).`,
  'earlier-analysis-accepted': ({ on }, { isoDate }) =>
    `Eine frühere Analyse dieser Untersuchung wurde am ${isoDate(on)} ärztlich freigegeben; diese ersetzt sie nicht.`,
  'images-later-than-analysis': ({ images, analysis, offset }) =>
    `Die späteste Zeitangabe der Bilder (${images}) liegt nach der Analyse (${analysis}, Abstand zu UTC ${offset}): Uhr oder Zeitzone des Geräts oder dieses Dienstes ist falsch. Die DICOM-Ergebnisse tragen die Zeit des letzten Bildes.`,

  'patient-match-delayed': () =>
    'Das KIS antwortete vor der Analyse nicht; der Patient wird zugeordnet, bevor der Bericht abgelegt wird.',
  'patient-confirmed': ({ reference, by, on }, { isoDate }) =>
    `Der Patient im KIS (${reference}) wurde von ${by} am ${isoDate(on)} bestätigt; Kennung, Geburtsdatum, Geschlecht oder Name stimmen nicht alle überein.`,
  'consent-not-read': () =>
    'Die Einwilligung des Patienten konnte vor der Analyse nicht aus dem KIS gelesen werden; sie wird gelesen, bevor der Bericht abgelegt wird.',
  'clinical-facts-missing': () =>
    'Therapie und Allgemeinzustand konnten nicht aus dem KIS gelesen werden; die Vorhersagen kamen ohne sie zustande.',
  'treatment-missing': () =>
    'Strahlentherapie, Bevacizumab und Steroide konnten nicht aus dem KIS gelesen werden; das Arbeitsblatt lässt offen, was davon abhängt.',
  'board-record-missing': () =>
    'Fragestellung und letzter Beschluss des Tumorboards konnten nicht aus dem KIS gelesen werden; die Seite für das Board nennt sie nicht.',
  'tissue-results-missing': () =>
    'Gewebebefunde konnten nicht aus dem KIS gelesen werden; falls es welche gibt, haben sie Vorrang.',
  'tissue-result': ({ test, value, date }, { isoDate }) =>
    `Gewebebefund in der Akte: ${test}: ${value}${date === '' ? '' : ` (${isoDate(date)})`}. Er hat Vorrang vor der Vorhersage aus den Bildern.`,

  'priors-not-searched': ({ error }) => `Nach Voruntersuchungen konnte nicht gesucht werden; ${quoted(error)}`,
  'prior-not-compared': ({ date, error }, { readDate }) =>
    `Die Voruntersuchung vom ${readDate(date)} wurde nicht verglichen; ${quoted(error)}`,
  'prior-edited': () =>
    'Werte der Voruntersuchung wurden ärztlich korrigiert; verglichen wird, was die Software beide Male gemessen hat.',
  'prior-other-sequences': ({ earlier }) =>
    `Die beiden Untersuchungen wurden nicht an denselben Sequenzen ausgewertet (früher: ${earlier.join(', ')}); ${ENDS}.`,
  'prior-other-slices': ({ now, earlier }, { millimetres }) =>
    `Der Schichtabstand beträgt ${millimetres(now)} mm, in der Voruntersuchung ${millimetres(earlier)} mm; ${ENDS}.`,
  'corrected-on-review': ({ diametersLeftOut }) =>
    `Volumina wurden ärztlich korrigiert; die Konturen sind die der Software und wurden nicht neu gezeichnet.${diametersLeftOut ? ' Die daran gemessenen Durchmesser des KM-aufnehmenden Tumors entfallen.' : ''}`,

  'no-tumour': () => 'Es wurde kein Tumor segmentiert, also gibt es nichts, woraus sich etwas vorhersagen ließe.',
  'broken-head': () =>
    'Das Modell lieferte Werte, die keine Wahrscheinlichkeiten sind; das ist ein Fehler des Modellpakets.',
  'not-adult': () => 'Der Patient ist unter 18; das Modell wurde für Gliome vom Erwachsenentyp entwickelt.',
  'needs-t1c': () => 'Braucht eine T1-Serie mit Kontrastmittel, die fehlt oder nicht verwendbar war.',
  'needs-t2-flair': () => 'Braucht T2 und FLAIR; eine davon fehlt oder war nicht verwendbar.',
  'needs-brain': () => 'Braucht die Kontur des Gehirns, die dieses Modellpaket nicht segmentiert.',
  'needs-label': () => 'Braucht einen Tumoranteil, den dieses Modellpaket nicht segmentiert.',
  'needs-features': ({ features }, { featureName }) =>
    `Für diese Untersuchung nicht bekannt, aber nötig: ${listed(features.map(featureName))}.`,
  'unlike-library': ({ cosine, least }, { fixed }) =>
    `Keinem früheren Patienten des Modells ähnlich: Der nächste hat einen Kosinus von ${fixed(cosine, 2)}, unter ${fixed(least, 2)}.`,
  'unlike-training': ({ feature, distance, limit }, { featureName, fixed }) =>
    `Den Patienten der Trainingsdaten nicht ähnlich, am wenigsten in: ${featureName(feature)} (Abstand ${fixed(distance, 1)}, Grenze ${fixed(limit, 1)}).`,
  'unlike-training-in': ({ feature }, { featureName }) =>
    `Den Patienten der Trainingsdaten nicht ähnlich, am wenigsten in: ${featureName(feature)}.`,
  'call-unlikely': ({ head, label, probability, least }, { className, percentBelow }) =>
    `Am wahrscheinlichsten ist ${className(head, label)} mit ${percentBelow(probability)}, eine Aussage erfordert aber ${percentBelow(least)}.`,
  'call-bounded': ({ head, label, patients, most, least }, { className, percentBelow }) =>
    `Am wahrscheinlichsten ist ${className(head, label)}, aber aus ${patients} solchen Patienten kann das Modell höchstens ${percentBelow(most)} belegen; eine Aussage erfordert ${percentBelow(least)}.`,
  'outline-decides': ({ head, label, samples, differing }, { className, riskGroupName }) =>
    `Die Kontur entscheidet: ${head === 'survival' ? `Risikogruppe ${riskGroupName(label)}` : className(head, label)} mit der gezeigten Kontur, aber ${
      differing === 0
        ? `über die ${samples} Stichproben der Segmentierung zu unwahrscheinlich`
        : `eine andere oder keine Antwort in ${differing} von ${samples} Stichproben der Segmentierung`
    }.`,
  'cannot-tell': ({ head, labels }, { className }) =>
    labels.length === 0
      ? 'Keine Klasse ist wahrscheinlich genug.'
      : `Nicht zu unterscheiden: ${labels.map((label) => className(head, label)).join(', ')}.`,
}
