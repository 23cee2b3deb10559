// The shell of every page: head, landmarks, and what keeps the page up to date with and without JavaScript.
import { html } from 'hono/html'
import type { Reviewer } from '../domain/review.ts'
import { SIGN_IN } from '../wording/sign-in.ts'
import { PRODUCT } from '../wording/web-pages.ts'
import { ASSET_PATHS } from './assets.ts'
import type { Html, Part } from './html.ts'
import { mark } from './icons.ts'

export interface PageOptions {
  /** Never patient data: titles end up in window lists and browser histories. */
  title: string
  main: Part | Part[]
  /** Where the page learns of changes; without JavaScript it reloads after this many seconds. */
  live?: { events: string; refreshSeconds: number }
  /** The browser's modules; main.ts is the one that runs. */
  modules?: { base: string; names: readonly string[] }
  /** What the modules fetch first, so that it does not wait for them. */
  preload?: readonly string[]
  /** Another site's address to go on to at once. */
  leadsTo?: string
  software?: string
  /** The person who signed in here. */
  person?: Reviewer
}

export function page({ title, main, live, modules, preload = [], leadsTo, software, person }: PageOptions): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – ${PRODUCT}</title>
${preload.map((address) => html`<link rel="preload" as="fetch" crossorigin href="${address}">`)}
<link rel="icon" href="${ASSET_PATHS.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${ASSET_PATHS.style}">
<link rel="stylesheet" href="/assets/fonts.css">
${live ? html`<noscript><meta http-equiv="refresh" content="${live.refreshSeconds}"></noscript><script src="${ASSET_PATHS.script}" defer></script>` : ''}
${modules ? moduleTags(modules) : ''}${leadsTo ? html`<meta http-equiv="refresh" content="0;url=${leadsTo}">` : ''}
</head>
<body${live ? html` data-events="${live.events}"` : ''}>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="/">${mark()}<span>${PRODUCT}</span></a>
<span class="tag">Research use only</span>
${live ? html`<span class="link" id="link" role="status" data-state="idle"></span>` : ''}
${person ? html`<form method="post" action="/sign-out" class="who"><span>${person.name}</span><button type="submit" class="quiet">${SIGN_IN.out}</button></form>` : ''}
</header>
<main id="main" tabindex="-1">
${main}
</main>
<footer class="foot">${software ?? PRODUCT} · AI results are preliminary until a clinician has reviewed them.</footer>
</body>
</html>`
}

/** All are requested at once, since otherwise each would wait for the module that imports it. */
function moduleTags({ base, names }: NonNullable<PageOptions['modules']>): Html {
  return html`${names.map((name) => html`<link rel="modulepreload" href="${base}/${name}">`)}<script type="module" src="${base}/main.ts"></script>`
}

/** A part that is replaced in place when its content has changed. */
export function livePart(id: string, part: Part | Part[]): Html {
  return html`<div id="${id}" data-live>${part}</div>`
}
