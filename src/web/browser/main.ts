// What the study page runs, at first and whenever the live page has replaced a part: the review form and the images.
import { startClaim } from './claim.ts'
import { startReview } from './review.ts'
import { startViewer } from './viewer.ts'

function start(): void {
  const section = document.querySelector<HTMLElement>('.viewer:not([data-ready])')
  if (section) startViewer(section)
  const form = document.querySelector<HTMLFormElement>('.review-form:not([data-ready])')
  if (form) {
    startReview(form)
    startClaim(form)
  }
}

start()
document.addEventListener('part', start)
