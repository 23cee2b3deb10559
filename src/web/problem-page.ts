// What a person sees instead of a page that cannot be shown.
import { html } from 'hono/html'
import type { Html } from './html.ts'
import { page } from './layout.ts'

export function problemPage(problem: { title: string; detail: string; hint: string; code: string }): Html {
  return page({
    title: problem.title,
    main: html`<section class="card problem"><h1>${problem.title}</h1><p>${problem.detail}</p><p class="muted">${problem.hint}</p><p class="code">${problem.code}</p><p><a class="button" href="/">Worklist</a></p></section>`,
  })
}
