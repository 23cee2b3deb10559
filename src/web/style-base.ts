// Style of the pages, part one: colours for light and dark, type, landmarks, tables, badges.
export const STYLE_BASE = `
:root {
  color-scheme: light dark;
  --paper: #f6f7f8; --card: #ffffff; --sunk: #f1f3f5; --ink: #17202a; --soft: #56616e; --rule: #dde2e7; --hover: #f3f6f8;
  --accent: #0b6478; --accent-ink: #ffffff; --focus: #0b6478;
  --ok: #1c6b43; --ok-bg: #e2f2e8; --run: #0b5a8a; --run-bg: #e1eef7; --send: #51449a; --send-bg: #ebe8f7;
  --hold: #8a5200; --hold-bg: #fdf0d9; --bad: #a32a1c; --bad-bg: #fbe6e2; --idle: #4d5966; --idle-bg: #e8ecf0;
  --ncr: #f3a712; --ed: #2e86ab; --et: #e4572e; --track: #e6eaee; --bar: #5a7684;
  --shadow: 0 1px 2px rgb(20 30 40 / 6%), 0 1px 8px rgb(20 30 40 / 4%);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12161a; --card: #1a2026; --sunk: #21282f; --ink: #e6ebef; --soft: #9faab5; --rule: #2e373f; --hover: #20272e;
    --accent: #6cc3d5; --accent-ink: #06242b; --focus: #8fd6e4;
    --ok: #85d3a5; --ok-bg: #18352a; --run: #86c5ef; --run-bg: #15303f; --send: #b9affa; --send-bg: #29264a;
    --hold: #f2c277; --hold-bg: #3b2d14; --bad: #f5a196; --bad-bg: #43211c; --idle: #aab5c0; --idle-bg: #2a323a;
    --ncr: #f3b63e; --ed: #5aa9cb; --et: #ee7a58; --track: #2b343c; --bar: #8fa9b5; --shadow: none;
  }
}
*, *::before, *::after { box-sizing: border-box; }
/* Takes precedence over whatever else lays out the element. */
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "DejaVu Sans", sans-serif;
}
h1, h2, h3, p, dl, dd, ul, ol { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 1.6rem; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 1rem; font-weight: 650; }
h3 { font-size: .93rem; font-weight: 650; }
small { display: block; font-size: .82rem; font-weight: 400; color: var(--soft); }
a { color: var(--accent); text-underline-offset: .18em; text-decoration-thickness: 1px; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
.sr { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -4rem; padding: .5rem 1rem; background: var(--card); border-radius: 6px; z-index: 2; }
.skip:focus { top: .6rem; }
.muted { color: var(--soft); }
.small { font-size: .87rem; }
.code { font: .8rem var(--mono); color: var(--soft); }
.uid { font-family: var(--mono); font-size: .84rem; overflow-wrap: anywhere; font-weight: 400; }
h1.uid { font-size: 1.15rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.figure { font-variant-numeric: tabular-nums; font-weight: 600; }
.icon { width: 1em; height: 1em; flex: none; fill: none; stroke: currentColor; stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; vertical-align: -.12em; }

.top, main, .foot { width: 100%; margin-inline: auto; padding-inline: 1.5rem; }
.top, .foot { max-width: 1288px; }
main > * { width: 100%; max-width: 1240px; margin-inline: auto; }
main > #images { max-width: 2000px; }
.top { display: flex; align-items: center; gap: .9rem; padding-block: .95rem; }
.brand { display: inline-flex; align-items: center; gap: .5rem; color: var(--ink); font-weight: 680; letter-spacing: -.01em; text-decoration: none; font-size: 1.05rem; }
.mark { width: 1.55rem; height: 1.55rem; fill: none; stroke: var(--accent); stroke-width: 1.7; stroke-linecap: round; }
.tag { font-size: .78rem; color: var(--soft); border: 1px solid var(--rule); border-radius: 99px; padding: .1rem .6rem; white-space: nowrap; }
.link { margin-left: auto; font-size: .82rem; color: var(--soft); display: inline-flex; align-items: center; gap: .4rem; }
.link:not(:empty)::before { content: ""; width: .5rem; height: .5rem; border-radius: 50%; background: var(--ok); }
.link[data-state="lost"] { color: var(--bad); }
.link[data-state="lost"]::before { background: var(--bad); border-radius: 1px; }
main { flex: 1; display: flex; flex-direction: column; gap: 1.1rem; padding-block: .4rem 2.5rem; }
main > [data-live]:empty, .column > [data-live]:empty { display: none; }
.foot { padding-block: 1rem 1.6rem; font-size: .82rem; color: var(--soft); }

.card { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; box-shadow: var(--shadow); padding: 1.1rem 1.25rem; }
.card > h2 { margin-bottom: .75rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; }
thead th { font-size: .8rem; font-weight: 550; color: var(--soft); padding: .35rem .7rem; border-bottom: 1px solid var(--rule); white-space: nowrap; }
thead th.number { text-align: right; }
tbody th, tbody td { padding: .55rem .7rem; border-bottom: 1px solid var(--rule); vertical-align: top; }
tbody tr:last-child > * { border-bottom: 0; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }

.badge { display: inline-flex; align-items: center; gap: .38rem; padding: .16rem .6rem .16rem .48rem; border-radius: 99px; font-size: .84rem; font-weight: 600; white-space: nowrap; color: var(--idle); background: var(--idle-bg); }
.badge-running { color: var(--run); background: var(--run-bg); }
.badge-analysed { color: var(--send); background: var(--send-bg); }
.badge-delivered { color: var(--ok); background: var(--ok-bg); }
.badge-held { color: var(--hold); background: var(--hold-bg); }
.badge-rejected { color: var(--bad); background: var(--bad-bg); }
.badge-superseded { background: none; box-shadow: inset 0 0 0 1px var(--rule); font-weight: 500; }
.badge-running .icon, .step-running > .icon { animation: turn 1.6s linear infinite; }
@keyframes turn { to { transform: rotate(360deg); } }
@media (prefers-reduced-motion: reduce) { .icon { animation: none !important; } }

.tabs ul { display: flex; flex-wrap: wrap; gap: .4rem; }
.tabs a { display: inline-flex; gap: .45rem; align-items: baseline; padding: .3rem .8rem; border-radius: 99px; color: var(--soft); text-decoration: none; border: 1px solid transparent; }
.tabs a:hover { background: var(--card); color: var(--ink); }
.tabs a[aria-current] { background: var(--card); color: var(--ink); border-color: var(--rule); font-weight: 600; }
.count { font-size: .82rem; color: var(--soft); font-variant-numeric: tabular-nums; font-weight: 400; }
.empty { padding: 3.5rem 1rem; text-align: center; color: var(--soft); }
.pager { display: flex; justify-content: flex-end; gap: 1.2rem; padding-top: .8rem; }

.who { display: flex; align-items: center; gap: .6rem; margin-left: auto; font-size: .88rem; color: var(--soft); }
.link + .who { margin-left: 0; }
.sign-in { max-width: 26rem; margin: 8vh auto 0; }
.sign-in h1 { margin-bottom: 1rem; }
.sign-in label { display: block; margin-bottom: .8rem; font-size: .9rem; }
.sign-in input { display: block; width: 100%; font: inherit; padding: .5rem .7rem; border: 1px solid var(--soft); border-radius: 8px; background: var(--card); color: var(--ink); }
.sign-in .button, .sign-in button { display: block; width: 100%; text-align: center; }
.sign-in .or { display: flex; align-items: center; gap: .8rem; color: var(--soft); margin: .9rem 0; }
.sign-in .or::before, .sign-in .or::after { content: ""; flex: 1; border-top: 1px solid var(--rule); }
.of-patient li { padding: .55rem 0; border-top: 1px solid var(--rule); }

.list-head { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1.5rem; }
.search { display: flex; align-items: end; gap: .5rem; }
.search input { font: inherit; font-size: .95rem; padding: .4rem .7rem; border: 1px solid var(--soft); border-radius: 8px; background: var(--card); color: var(--ink); width: min(22rem, 60vw); }
.list-head .search { margin-left: auto; }
.activity { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)); gap: .6rem 2rem; }
.activity figure { margin: 0; } .activity figcaption { font-size: .9rem; font-weight: 560; } .activity small { display: inline; color: var(--soft); font-weight: 400; margin-left: .4rem; }
.activity svg { display: block; width: 100%; height: 2.6rem; margin-top: .3rem; }
.activity .axis { stroke: var(--rule); vector-effect: non-scaling-stroke; } .activity .hour { fill: var(--accent); }
.activity .waited { fill: var(--track); } .activity .waited-line { fill: none; stroke: var(--soft); stroke-width: 1.6; vector-effect: non-scaling-stroke; }
.hours { display: flex; justify-content: space-between; font-size: .76rem; color: var(--soft); }
.priority-first { color: var(--hold); font-weight: 600; } .reviewing { color: var(--soft); }
.priority-form { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .9rem; font-size: .88rem; }
.priority-form label { display: inline-flex; align-items: center; gap: .4rem; } .priority-form select, .priority-form input { font: inherit; padding: .25rem .5rem; border: 1px solid var(--soft); border-radius: 6px; background: var(--card); color: var(--ink); }
.orders { display: flex; gap: 1.1rem; font-size: .88rem; }
.orders a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; }
.worklist form, .worklist td .button { margin-top: .35rem; } .worklist button { white-space: nowrap; }
.worklist tbody tr:hover { background: var(--hover); }
.card:has(> .worklist) { padding: .35rem 0; }
.worklist th:first-child, .worklist td:first-child { padding-left: 1.25rem; }
.worklist th:last-child, .worklist td:last-child { padding-right: 1.25rem; }
.worklist tbody th a { font-weight: 620; text-decoration: none; color: var(--ink); }
.worklist tbody th a.uid { font-weight: 400; }
.worklist tbody th a:hover { text-decoration: underline; }
.worklist .is-superseded a, .worklist .is-superseded td, .worklist .is-superseded .figure { color: var(--soft); font-weight: 400; }
.worklist time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.worklist .reason { display: block; max-width: 34ch; font-size: .9rem; overflow-wrap: anywhere; }
.legs { display: flex; flex-direction: column; gap: .15rem; }
.leg { display: inline-flex; align-items: center; gap: .38rem; font-size: .88rem; color: var(--soft); }
.leg-done .icon { color: var(--ok); }
.leg-failed, .leg-failed .icon { color: var(--bad); }
`
