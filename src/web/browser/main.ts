// What the study page runs: the images, now and whenever the live page has exchanged them.
import { startViewer } from './viewer.ts'

function start(): void {
  const section = document.querySelector<HTMLElement>('.viewer:not([data-ready])')
  if (section) startViewer(section)
}

start()
document.addEventListener('part', start)
