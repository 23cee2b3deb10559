// Shown instead of a page that cannot be shown.
import { html } from 'hono/html'
import type { Reviewer } from '../domain/review.ts'
import type { Html } from './html.ts'
import { page } from './layout.ts'

export function problemPage(
  problem: { title: string; detail: string; hint: string; code: string },
  person?: Reviewer,
): Html {
  return page({
    title: problem.title,
    ...(person && { person }),
    main: html`<section class="card problem"><h1>${problem.title}</h1><p>${problem.detail}</p><p class="muted">${problem.hint}</p><p class="code">${problem.code}</p><p><a class="button" href="/">Worklist</a></p></section>`,
  })
}
