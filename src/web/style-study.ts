// Style of the pages, part two: the study page, forms, and narrow screens.
export const STYLE_STUDY = `
.crumb a { display: inline-flex; align-items: center; gap: .3rem; font-size: .9rem; text-decoration: none; color: var(--soft); }
.crumb a:hover { color: var(--ink); }
.head-row { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: flex-start; gap: .6rem 1.5rem; }
.head-row > :first-child { flex: 1 1 30rem; }
.facts { display: flex; flex-wrap: wrap; gap: .5rem 1.9rem; margin-top: .6rem; }
.facts dt { font-size: .78rem; color: var(--soft); }
.facts dd { overflow-wrap: anywhere; }
.facts-rows { flex-direction: column; gap: .25rem; margin: 0 0 .8rem; }
.facts-rows > div, .facts-wide > div { display: grid; grid-template-columns: 7.5rem 1fr; gap: .6rem; align-items: baseline; }
.facts-wide { flex-direction: column; }
.others { margin-top: .8rem; font-size: .88rem; color: var(--soft); }
.others-list li { margin-top: .25rem; font-size: .9rem; }

.status { border-radius: 10px; border: 1px solid var(--rule); background: var(--card); padding: .9rem 1.25rem; display: flex; flex-direction: column; gap: .75rem; box-shadow: var(--shadow); }
.status-line { display: flex; flex-wrap: wrap; align-items: center; gap: .35rem .8rem; }
.status-line form { margin-left: auto; }
.status-line .muted { font-size: .88rem; }
.hold { background: var(--hold-bg); border-radius: 8px; padding: .85rem 1rem; display: flex; flex-direction: column; gap: .35rem; }
table.worksheet td, table.worksheet th { vertical-align: top; padding-right: 1rem; text-align: left; }
.doubt { display: flex; flex-wrap: wrap; gap: .8rem; }
.doubt figure { margin: 0; max-width: 192px; }
.doubt img { display: block; border-radius: 6px; background: #000; }
.doubt figcaption { font-size: .85rem; }
.doubt small { display: block; overflow-wrap: anywhere; }
.hold .reason { font-weight: 600; overflow-wrap: anywhere; }
.hold .code, .hold .hint, .hold .muted { color: color-mix(in srgb, var(--ink) 78%, var(--hold-bg)); }
.hold form { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .9rem; margin-top: .35rem; font-size: .88rem; }
.decision { display: flex; flex-direction: column; gap: .4rem; }
.decision-rejected { border-left: 4px solid var(--bad); padding-left: .8rem; }
.notice { display: flex; gap: .5rem; font-size: .88rem; color: var(--soft); border-top: 1px solid var(--rule); padding-top: .7rem; }
.notice .icon { margin-top: .28em; }
.buttons { display: flex; flex-wrap: wrap; gap: .6rem; }
button, .button { font: inherit; font-weight: 560; font-size: .92rem; padding: .42rem .95rem; border-radius: 8px; border: 1px solid var(--rule); background: var(--card); color: var(--ink); cursor: pointer; text-decoration: none; display: inline-flex; align-items: center; gap: .4rem; }
button:hover, .button:hover { border-color: var(--soft); }
button.primary { background: var(--accent); color: var(--accent-ink); border-color: transparent; }
button.primary:hover { filter: brightness(1.08); }

.columns { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 1.1rem; align-items: start; }
.column { display: flex; flex-direction: column; gap: 1.1rem; }
.column:first-child:not(:has(.card)) { display: none; }
.columns:not(:has(.column:first-child .card)) { grid-template-columns: minmax(0, 1fr); }
.columns:not(:has(.column:first-child .card)) .column { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); align-items: start; }
.columns:not(:has(.column:first-child .card)) .column:first-child { display: none; }

.bar { display: block; width: 100%; height: .5rem; border-radius: 99px; overflow: hidden; }
.bar-tall { height: .85rem; margin-bottom: .8rem; }
.track { fill: var(--track); }
.fill { fill: var(--bar); }
.fill-NCR { fill: var(--ncr); } .fill-ED { fill: var(--ed); } .fill-ET { fill: var(--et); }
.fill-probability { fill: var(--accent); } .fill-time { fill: var(--bar); }
.whisker { stroke: var(--ink); stroke-width: 3; vector-effect: non-scaling-stroke; opacity: .55; }
.hatch { fill: none; stroke: var(--ink); stroke-width: 1; vector-effect: non-scaling-stroke; opacity: .3; }
.link-button { all: unset; cursor: pointer; color: inherit; text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: .18em; text-decoration-style: dotted; }
.link-button:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
.review-form { display: flex; flex-direction: column; gap: .8rem; }
.review-form fieldset { border: 1px solid var(--rule); border-radius: 8px; padding: .6rem .9rem .8rem; min-width: 0; }
.review-form legend, .review-form caption { font-weight: 600; text-align: left; padding-inline: .3rem; }
.review-form caption { padding: .5rem 0 .1rem; font-size: .9rem; }
.choices { display: flex; flex-wrap: wrap; gap: .4rem 1.6rem; }
.choices label { display: inline-flex; align-items: center; gap: .45rem; font-weight: 560; padding: .2rem 0; }
.review-form:not(:has([value="accept-with-edits"]:checked)) .edits { display: none; }
.review-form input:not([type="radio"], [type="checkbox"]), .review-form select, .review-form textarea { font: inherit; font-size: .92rem; padding: .3rem .5rem; border: 1px solid var(--soft); border-radius: 6px; background: var(--card); color: var(--ink); max-width: 100%; }
.review-form td input:not([type]) , .review-form textarea { width: 100%; }
.review-form input[type="number"] { width: 6.5rem; }
.review-form td, .review-form th { vertical-align: middle; padding-block: .3rem; }
.review-form .exclude { margin-left: .7rem; white-space: nowrap; font-size: .88rem; }
.review-form .wide { display: flex; flex-direction: column; gap: .25rem; font-size: .92rem; }
.reviewer { display: flex; flex-wrap: wrap; gap: .5rem 1.4rem; }
.reviewer label { display: inline-flex; align-items: center; gap: .5rem; font-size: .92rem; }
.opinion-form { display: flex; flex-wrap: wrap; gap: .6rem 1.4rem; align-items: end; margin-top: .7rem; }
.opinion-form label { display: flex; flex-direction: column; gap: .25rem; font-size: .92rem; font-weight: 600; }
.opinion-form select { font: inherit; font-weight: 400; padding: .35rem .5rem; border: 1px solid var(--soft); border-radius: 6px; background: var(--card); color: var(--ink); }
.review-form button:disabled { opacity: .5; cursor: not-allowed; }
.bar-cell { width: 38%; vertical-align: middle; }
.swatch { display: inline-block; width: .7rem; height: .7rem; border-radius: 3px; margin-right: .5rem; background: var(--bar); }
.swatch-plain { background: none; box-shadow: inset 0 0 0 1.5px var(--bar); }
.swatch-NCR { background: var(--ncr); } .swatch-ED { background: var(--ed); } .swatch-ET { background: var(--et); }
.volumes tbody th small { display: inline; margin-left: .45rem; }
.volumes tbody th, .volumes tbody td { vertical-align: middle; }
.callout { display: flex; gap: .55rem; background: var(--sunk); border-radius: 8px; padding: .65rem .85rem; font-size: .9rem; margin-bottom: .8rem; overflow-wrap: anywhere; }
.callout .icon { margin-top: .28em; }
.callout-failed { background: var(--bad-bg); } .callout-failed .icon { color: var(--bad); }
.callout-waiting { background: var(--hold-bg); } .callout-waiting .icon { color: var(--hold); }
.callout small { color: inherit; opacity: .85; margin-top: .2rem; }
.heads { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .8rem; margin-top: .8rem; }
.prediction { border: 1px solid var(--rule); border-radius: 8px; padding: .8rem .9rem; }
.prediction.is-not-evaluable { background: var(--sunk); border-style: dashed; }
.prediction h3 { color: var(--soft); font-weight: 550; }
.prediction .call { font-size: 1.08rem; font-weight: 640; }
.prediction.is-not-evaluable .call { color: var(--soft); }
.prediction dl { margin-top: .5rem; display: flex; flex-direction: column; gap: .5rem; font-size: .9rem; }
.chance { display: grid; grid-template-columns: 1fr auto; align-items: baseline; gap: .1rem .6rem; }
.chance dd { display: contents; font-variant-numeric: tabular-nums; }
.chance dd small { order: 3; grid-column: 1 / -1; justify-self: end; font-size: .78rem; }
.chance .bar { order: 2; grid-column: 1 / -1; }
.chance.is-call dt { font-weight: 640; }
.prediction dl + p { margin-top: .6rem; }
.prediction.is-wide { grid-column: 1 / -1; }
.contributions { margin-top: .7rem; font-size: .86rem; }
.contributions summary { cursor: pointer; color: var(--soft); }
.contributions dl { gap: .2rem; }
.contribution { display: grid; grid-template-columns: minmax(0, 1fr) 6.5rem; gap: .6rem; align-items: center; }
.contribution dt small { display: inline; }
.contribution dd { display: grid; grid-template-columns: 1fr 2.8rem; gap: .4rem; align-items: center; font-variant-numeric: tabular-nums; text-align: right; }
.bar-signed { border-radius: 0; overflow: visible; }
.bar-signed .axis { stroke: var(--soft); stroke-width: 1; vector-effect: non-scaling-stroke; }
.curve { margin: .8rem 0 0; }
.curve figcaption { font-size: .86rem; }
.curve svg { display: block; width: 100%; max-width: 30rem; margin: .4rem 0; }
.curve text { font-size: 8px; fill: var(--soft); } .curve .end { text-anchor: end; } .curve .middle { text-anchor: middle; }
.curve .grid { stroke: var(--rule); stroke-width: .7; }
.curve .band { fill: var(--track); } .curve .steps { fill: none; stroke: var(--soft); stroke-width: 1.4; }
.curve .whisker { opacity: 1; stroke-width: 1.3; } .curve .point { fill: var(--accent); }
.course-line { fill: none; stroke-width: 1.6; } .course-WT .course-line { stroke: var(--ed); } .course-TC .course-line { stroke: var(--ncr); stroke-dasharray: 4 2; } .course-ET .course-line { stroke: var(--et); }
.course-WT .course-point { fill: var(--ed); } .course-TC .course-point { fill: var(--ncr); } .course-ET .course-point { fill: var(--et); }
.curve.course text { fill: var(--ink); font-size: 8.5px; } .curve.course svg { max-width: 34rem; }
.notes { display: flex; flex-direction: column; gap: .5rem; font-size: .92rem; }
.note { display: flex; gap: .55rem; }
.note .icon { margin-top: .26em; color: var(--soft); }
.note-warning .icon { color: var(--hold); }

.steps { display: flex; flex-direction: column; gap: .5rem; }
.step { display: grid; grid-template-columns: 1.2rem 1fr auto; column-gap: .5rem; row-gap: .2rem; align-items: center; font-size: .92rem; }
.step .bar { grid-column: 2 / -1; height: .28rem; }
.step-time { font-variant-numeric: tabular-nums; color: var(--soft); font-size: .88rem; }
.step-done > .icon { color: var(--ok); }
.step-running { font-weight: 620; } .step-running > .icon { color: var(--run); }
.step-stopped > .icon { color: var(--bad); }
.step-next { color: var(--soft); }
.delivery + .delivery { border-top: 1px solid var(--rule); margin-top: .8rem; padding-top: .8rem; }
.delivery h3 { display: flex; flex-wrap: wrap; align-items: center; gap: .2rem .6rem; font-weight: 400; }
.delivery h3 .leg { font-size: .95rem; font-weight: 640; color: var(--ink); }
.delivery .attempts { margin-left: auto; font-size: .85rem; }
.delivery .callout { margin: .6rem 0 0; }
.receipts { margin-top: .4rem; display: flex; flex-direction: column; gap: .15rem; }
.receipts > div { display: grid; grid-template-columns: minmax(7.5rem, 11rem) 1fr; gap: .6rem; align-items: baseline; }
.receipts dt { font-size: .82rem; color: var(--soft); overflow-wrap: anywhere; }
.decisions .sequence { font-weight: 620; white-space: nowrap; }
.decisions .is-left { color: var(--soft); }
.decisions .is-left th { font-weight: 450; }
.decisions .thumb { width: 5.5rem; } .decisions .thumb img { display: block; width: 4.5rem; height: 4.5rem; object-fit: contain; background: #000; border-radius: 4px; }
.choose summary { cursor: pointer; padding: .5rem 0; font-weight: 600; }
.choose-form { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(19rem, 100%), 1fr)); gap: .6rem 1.4rem; align-items: end; }
.choose-form label { display: flex; flex-direction: column; gap: .2rem; font-size: .92rem; min-width: 0; }
.choose-form select, .choose-form input { font: inherit; font-size: .92rem; padding: .3rem .5rem; border: 1px solid var(--soft); border-radius: 6px; background: var(--card); color: var(--ink); max-width: 100%; }
.decisions td:first-child, .decisions th:first-child { width: 3rem; }
.reasons li + li { margin-top: .15rem; }
.reasons { font-size: .9rem; }
.report iframe { width: 100%; height: min(80vh, 66rem); border: 1px solid var(--rule); border-radius: 6px; background: var(--sunk); }
.narrow-only { display: none; }
details.card > summary { display: flex; align-items: baseline; gap: .6rem; cursor: pointer; list-style: none; }
details.card > summary::-webkit-details-marker { display: none; }
details.card > summary::before { content: ""; width: .42rem; height: .42rem; border: solid var(--soft); border-width: 0 1.7px 1.7px 0; transform: rotate(-45deg) translate(-.1rem, -.1rem); }
details.card[open] > summary::before { transform: rotate(45deg) translate(-.1rem, -.1rem); }
details.card[open] > summary { margin-bottom: .8rem; }
.history td { font-size: .9rem; padding-block: .35rem; }
.history time { white-space: nowrap; }
.kind { color: var(--soft); font-size: .85rem; }
.problem { max-width: 44rem; margin: 3rem auto; display: flex; flex-direction: column; gap: .7rem; }

@media (max-width: 860px) {
  .columns { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 700px) {
  .top, main, .foot { padding-inline: 1rem; }
  h1 { font-size: 1.35rem; }
  .card { padding: .95rem 1rem; }
  .facts { gap: .45rem 1.4rem; }
  .report iframe { display: none; } .narrow-only { display: block; }
  .worklist thead, .decisions thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .worklist, .worklist tbody, .decisions, .decisions tbody { display: block; }
  .worklist tr, .decisions tr { display: grid; gap: .3rem .8rem; border-bottom: 1px solid var(--rule); }
  .worklist tr { grid-template-columns: 1fr auto; padding: .85rem 1rem; }
  .decisions tr { padding: .7rem 0; }
  .worklist tr:last-child, .decisions tr:last-child { border-bottom: 0; }
  .worklist tr > *, .decisions tr > * { border: 0; padding: 0 !important; text-align: left; }
  .worklist tr > th { grid-row: 1; grid-column: 1; }
  .worklist tr > td[data-label="State"] { grid-row: 1; grid-column: 2; }
  .worklist tr > td[data-label="Delivery"] { grid-column: 1 / -1; }
  .worklist tr > td[data-label="Result"], .worklist tr > td[data-label="Found"] { grid-column: 1; }
  .worklist tr > td[data-label="Study"] { grid-column: 1 / -1; }
  .worklist tr > td[data-label="Result"] { grid-column: 1 / -1; }
  .worklist .reason { max-width: none; }
  .notices tr > td[data-label="Made"], .notices tr > td[data-label="Reason"], .notices tr > td[data-label="Send again"] { grid-column: 1 / -1; }
  .notices tr > td[data-label="State"] { text-align: right; } .notices td:empty { display: none; }
  .worklist tr > td[data-label="Study"] small { display: inline; margin-left: .5rem; }
  .worklist tr > td[data-label="Found"] { font-size: .85rem; color: var(--soft); }
  .worklist tr > td[data-label="Found"]::before { content: "Found "; }
  .volumes .bar-cell, .volumes th:last-child { display: none; }
  .legs { flex-direction: row; gap: 1rem; }
  .decisions tr > td[data-label="No."] { display: none; }
}
@media print {
  :root { --paper: #fff; }
  .top .link, .tabs, form, .review, .buttons, .report, .crumb { display: none; }
  .card, .status { break-inside: avoid; box-shadow: none; }
}
`
