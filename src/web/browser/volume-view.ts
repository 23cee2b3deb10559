// The page of the 3D view: one image and its labels, turned and cut freely. NiiVue is loaded only here.
import type { Niivue, NVImage } from '@niivue/niivue'
import type { ImageName } from '../../domain/shown-images.ts'
import type { VolumeData } from '../volume-data.ts'
import { pageData } from './page-data.ts'
import { fill } from './words.ts'

const BACKGROUND = [0.043, 0.051, 0.063, 1]
const CROSSHAIR = [0.56, 0.84, 0.89, 0.7]
/** No cut: a clip plane beyond the volume (NiiVue's depth is from -1.73 to 1.73 of half the volume). */
const UNCUT = 2
const DEEPEST = 0.9
/** Azimuth and elevation from which the head is first seen, in degrees. */
const FIRST_LOOK = [110, 15] as const

const section = document.querySelector<HTMLElement>('.volume-view')!
const data = pageData<VolumeData>(section, 'volumes', ['base', 'library', 'images', 'segments', 'start', 'words'])
const status = section.querySelector<HTMLElement>('.viewer-status')!
const canvas = section.querySelector<HTMLCanvasElement>('canvas')!
const control = <E extends HTMLInputElement | HTMLSelectElement = HTMLInputElement>(name: string) =>
  section.querySelector<E>(`[data-volume="${name}"]`)!
const select = control<HTMLSelectElement>('image')
const hidden = new Set<number>()

const {
  MULTIPLANAR_TYPE,
  Niivue: Viewer,
  SHOW_RENDER,
  SLICE_TYPE,
} = (await import(data.library)) as typeof import('@niivue/niivue')
const viewer: Niivue = new Viewer({
  backColor: BACKGROUND,
  crosshairColor: CROSSHAIR,
  // The cut shows what lies behind it, without a colour of its own.
  clipPlaneColor: [0, 0, 0, 0],
  isRadiologicalConvention: true,
  dragAndDropEnabled: false,
  loadingText: data.words.loading,
  multiplanarLayout: MULTIPLANAR_TYPE.GRID,
  multiplanarShowRender: SHOW_RENDER.ALWAYS,
  logLevel: 'fatal',
})

async function show(name: ImageName): Promise<void> {
  const image = data.images.find((one) => one.name === name)!
  section.dataset.shown = ''
  status.textContent = data.words.loading
  const [cal_min, cal_max] = image.window
  const url = (of: string) => `${data.base}/volumes/${of}.nii.gz`
  try {
    // Only one image is in memory at a time: loading replaces what was there.
    await viewer.loadVolumes([
      { url: url(name), name: `${name}.nii.gz`, colormap: 'gray', cal_min, cal_max },
      ...(image.labels ? [{ url: url(image.labels), name: `${image.labels}.nii.gz` }] : []),
    ])
  } catch {
    status.textContent = data.words.lost
    return
  }
  if (select.value !== name) return
  colour()
  viewer.scene.crosshairPos = viewer.mm2frac(data.start)
  draw()
  status.textContent = fill(data.words.shows, { image: image.title })
  section.dataset.shown = name
}

/** The labels in the colours of the legend; a hidden one is clear. */
function colour(): void {
  const labels = viewer.volumes[1] as NVImage | undefined
  if (!labels) return
  const channel = (from: number) => [
    0,
    ...data.segments.map(({ colour: hex }) => Number.parseInt(hex.slice(from, from + 2), 16)),
  ]
  labels.setColormapLabel({
    R: channel(1),
    G: channel(3),
    B: channel(5),
    A: [0, ...data.segments.map(({ label }) => (hidden.has(label) ? 0 : 255))],
    I: [0, ...data.segments.map(({ label }) => label)],
    labels: ['', ...data.segments.map(({ name }) => name)],
  })
}

function draw(): void {
  const percent = (name: string) => Number(control(name).value) / 100
  viewer.setOpacity(0, percent('head'))
  if (viewer.volumes.length > 1) viewer.setOpacity(1, percent('labels'))
  const depth = percent('depth')
  const cut = depth === 0 ? UNCUT : DEEPEST - 2 * DEEPEST * depth
  viewer.setClipPlane([cut, Number(control('azimuth').value), Number(control('elevation').value)])
  viewer.updateGLVolume()
}

function layout(name: string): void {
  viewer.setSliceType(name === 'planes' ? SLICE_TYPE.MULTIPLANAR : SLICE_TYPE.RENDER)
  for (const button of section.querySelectorAll<HTMLElement>('[data-layout]'))
    button.setAttribute('aria-pressed', String(button.dataset.layout === name))
}

function reset(): void {
  for (const input of section.querySelectorAll<HTMLInputElement>('input[data-volume]')) input.value = input.defaultValue
  viewer.setRenderAzimuthElevation(...FIRST_LOOK)
  draw()
}

section.addEventListener('click', ({ target }) => {
  const button = (target as Element).closest('button')
  if (!button) return
  if (button.dataset.layout) layout(button.dataset.layout)
  if (button.dataset.volume === 'reset') reset()
  if (!button.dataset.segment) return
  const label = Number(button.dataset.segment)
  if (!hidden.delete(label)) hidden.add(label)
  button.setAttribute('aria-pressed', String(!hidden.has(label)))
  colour()
  draw()
})
section.addEventListener('input', ({ target }) => {
  if (target === select) void show(select.value as ImageName)
  else draw()
})

await viewer.attachToCanvas(canvas)
layout('render')
viewer.setRenderAzimuthElevation(...FIRST_LOOK)
await show(select.value as ImageName)
