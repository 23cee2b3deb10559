// The 3D view in a frame below the slices, only where the browser has WebGL 2; without it, the button stays hidden.
export function bindVolumeFrame(section: HTMLElement, base: string): void {
  const button = section.querySelector<HTMLButtonElement>('[data-volume-frame]')
  if (!button || !document.createElement('canvas').getContext('webgl2')) return
  button.hidden = false
  button.addEventListener('click', () => {
    const open = section.querySelector('.volume-frame')
    button.setAttribute('aria-pressed', String(!open))
    // Without its frame, the view gives back its memory.
    if (open) return open.remove()
    const frame = document.createElement('iframe')
    frame.className = 'volume-frame'
    frame.src = `${base}/3d`
    frame.title = button.title
    section.querySelector('.panels')!.after(frame)
    frame.scrollIntoView({ block: 'nearest' })
  })
}
