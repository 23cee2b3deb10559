// Style of a site's own figures, and of bundles.
export const STYLE_CONCORDANCE = `
.concordance .verdict { font-weight: 600; margin-bottom: .6rem; }
.concordance tbody th { font-weight: 400; }
.concordance h3 { margin: 1.2rem 0 .4rem; font-size: 1rem; }
.concordance dl { margin: 0 0 .8rem; } .concordance dt { font-weight: 600; margin-top: .4rem; } .concordance dd { margin: 0; }
.concordance td { font-variant-numeric: tabular-nums; }
.figures td { white-space: nowrap; }
.turn-on { display: flex; flex-wrap: wrap; align-items: end; gap: .6rem 1rem; margin-top: .6rem; }
.turn-on label { display: flex; flex-direction: column; gap: .2rem; font-size: .88rem; flex: 1 1 16rem; }
.turn-on input { font: inherit; padding: .4rem .6rem; border: 1px solid var(--soft); border-radius: 8px; background: var(--card); color: var(--ink); }
.concordance .hold { margin-block: .9rem; }
.interval-plot { margin: 0 0 .7rem; max-width: 38rem; }
.interval-plot svg { display: block; width: 100%; height: auto; }
.interval-plot text { font-size: 13px; fill: var(--ink); } .interval-plot .tick { font-size: 11px; fill: var(--soft); }
.interval-plot .axis { stroke: var(--rule); } .interval-plot .interval { stroke: var(--bar); stroke-width: 3; stroke-linecap: round; }
.interval-plot circle { fill: var(--accent); }
`
