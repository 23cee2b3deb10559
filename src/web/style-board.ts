// Style of the pages, part four: a meeting's patients on the projector, one per screen; sizes follow the screen, to be read from three metres.
export const STYLE_BOARD = `
html:has(.slide) { scroll-snap-type: y proximity; scroll-padding-top: 0; }
.slide { min-height: 100vh; scroll-snap-align: start; padding-block: 1.5vmin; display: flex; flex-direction: column; gap: 1.6vmin; font-size: max(16px, 2.9vmin); line-height: 1.35; max-width: none !important; }
.slide h2 { font-size: 1.5em; line-height: 1.2; overflow-wrap: anywhere; }
.slide .lead { font-weight: 650; }
.slide-top { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3em 1em; }
.slide-top nav { margin-left: auto; display: flex; gap: 1em; }
.slide-body { display: grid; grid-template-columns: auto minmax(0, 1fr) minmax(0, 1.25fr); gap: 2vmin 4vmin; align-items: start; }
/* Two pictures of 30vh each that are slightly narrower than high. */
.slide-pictures figure { margin: 0; display: flex; flex-wrap: wrap; gap: .3vmin 1vmin; max-width: 54vh; }
.slide-pictures figcaption { flex-basis: 100%; font-size: .62em; color: var(--soft); }
.slide-pictures svg { height: 30vh; background: #000; }
.slide-top .tag { font-size: .75em; }
.slide dl { display: grid; gap: .25em; }
.slide h3 { font-size: 1em; }
.slide dt { font-weight: 400; }
.slide dd { font-weight: 650; }
.slide dd small { font-size: .62em; }
.slide .swatch { display: inline-block; width: .6em; height: .9em; margin-right: .4em; vertical-align: -.08em; }
.slide-warning { font-size: .62em; color: var(--soft); }
.board-list { display: grid; gap: .5em; font-size: max(16px, 2.9vmin); }
.board-list li { display: flex; gap: .8em; border-top: 1px solid var(--rule); padding-top: .4em; }
.board-ask { display: grid; gap: 1rem; width: 100%; }
.board-ask > * { max-width: 44rem; width: 100%; }
.board-ask textarea, .board-ask input { font: inherit; padding: .45rem .6rem; border: 1px solid var(--soft); border-radius: 8px; background: var(--card); color: var(--ink); }
.board-ask label { display: grid; gap: .35rem; }
.board-ask textarea { min-height: 11rem; font-family: var(--mono); }
@media (max-width: 52rem) { .slide-body { grid-template-columns: 1fr; } }
@media print { .slide { break-before: page; } }
`
