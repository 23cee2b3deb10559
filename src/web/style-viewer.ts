// Style of the pages, part three: the images, always on a dark background so that greys can be told apart.
export const STYLE_VIEWER = `
.viewer { background: #0b0d10; color: #e6ebef; border-radius: 10px; padding: .6rem; display: flex; flex-direction: column; gap: .5rem; }
.viewer-bar { display: flex; flex-wrap: wrap; gap: .35rem .38rem; align-items: center; }
.viewer .group { display: inline-flex; flex-wrap: wrap; align-items: center; gap: .25rem; }
.viewer .tool, .viewer .chip { font-size: .85rem; padding: .26rem .36rem; border-radius: 6px; background: #1a2026; color: #dfe6eb; border: 1px solid #39434c; }
.viewer .tool:hover, .viewer .chip:hover { border-color: #8fa0ac; }
.viewer .tool[aria-pressed="true"] { background: #d7eef4; color: #06242b; border-color: #d7eef4; font-weight: 620; }
.viewer .chip { display: inline-flex; align-items: center; }
.viewer .chip[aria-pressed="false"] { color: #93a0aa; text-decoration: line-through; }
.viewer .chip[aria-pressed="false"] .swatch { opacity: .3; }
.viewer .swatch-NCR { background: #f3a712; } .viewer .swatch-ED { background: #2e86ab; } .viewer .swatch-ET { background: #e4572e; }
.viewer :focus-visible { outline-color: #8fd6e4; }
.viewer input[type="range"] { accent-color: #6cc3d5; width: 4.4rem; vertical-align: middle; }
.brush-bar { display: flex; flex-wrap: wrap; gap: .4rem .7rem; align-items: center; font-size: .88rem; padding: .45rem .6rem; border-radius: 8px; background: #12181d; border: 1px solid #39434c; }
.brush-bar a { color: #9fdbe8; margin-left: auto; } .brush-says { font-variant-numeric: tabular-nums; }
.viewer .brush-bar input[type="range"] { width: 8rem; }
.panels canvas[data-active] { outline: 1.5px solid #8fd6e4; outline-offset: -1.5px; }
.panels { display: grid; grid-template-columns: repeat(var(--columns, 4), minmax(0, 1fr)); gap: 4px; min-height: 15rem; cursor: crosshair; touch-action: none; user-select: none; }
.panels canvas { display: block; width: 100%; background: #000; min-width: 0; }
.viewer-foot { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem 1.1rem; font-size: .88rem; }
.viewer-foot label { display: inline-flex; align-items: center; gap: .5rem; flex: 1 1 14rem; }
.viewer-foot input[data-control="slice"] { flex: 1; width: auto; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem; }
.viewer-status { font-variant-numeric: tabular-nums; min-width: 11rem; text-align: right; }
.viewer .caution { color: #9fabb5; padding-inline: .2rem; }
.keys { display: grid; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); gap: .2rem 1.4rem; font-size: .86rem; padding: .4rem .2rem; }
.keys > div { display: grid; grid-template-columns: 10.5rem 1fr; gap: .6rem; }
kbd { font: .82rem var(--mono); }
.still img { max-width: 20rem; width: 100%; display: block; }
.still { margin: 0; }
body.volume-page { margin: 0; padding: 0; max-width: none; background: #0b0d10; }
.volume-view { height: 100vh; box-sizing: border-box; border-radius: 0; }
.volume-view canvas { flex: 1; min-height: 0; width: 100%; }
.volume-view .viewer-bar label, .volume-view .viewer-bar { font-size: .85rem; }
.volume-view select { font-size: .85rem; background: #1a2026; color: #dfe6eb; border: 1px solid #39434c; border-radius: 6px; padding: .26rem; }
svg.swatch { width: .8em; height: .8em; background: none; }
.volume-frame { width: 100%; height: min(78vh, 48rem); border: 1px solid #39434c; border-radius: 8px; background: #0b0d10; }
@media print { .viewer { display: none; } }
`
