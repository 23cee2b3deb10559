// The peer of the page's images: NiiVue with the same four images and outlines, side by side and linked, as a page of its own.
import { Hono } from 'hono'

/** The page under /niivue; all else is what `app` serves, the volumes among it. `library` is the address of NiiVue, `base` that of the images. */
export function besideNiivue(app: Hono, { library, base, names }: { library: string; base: string; names: string[] }) {
  const page = `<!doctype html><meta charset="utf-8"><title>NiiVue</title>
<style>body { margin: 0; display: grid; grid-template-columns: 1fr 1fr; height: 100vh } canvas { width: 100%; height: 100% }</style>
${names.map(() => '<div><canvas></canvas></div>').join('')}
<script type="module">
const { Niivue, SLICE_TYPE } = await import(${JSON.stringify(library)})
const names = ${JSON.stringify(names)}
const url = (name) => '${base}/volumes/' + name + '.nii.gz'
const planes = { axial: SLICE_TYPE.AXIAL, coronal: SLICE_TYPE.CORONAL, sagittal: SLICE_TYPE.SAGITTAL }
const views = await Promise.all([...document.querySelectorAll('canvas')].map(async (canvas, n) => {
  const view = new Niivue({ logLevel: 'fatal', isRadiologicalConvention: true, dragAndDropEnabled: false, loadingText: '' })
  await view.attachToCanvas(canvas)
  view.setSliceType(SLICE_TYPE.AXIAL)
  await view.loadVolumes([
    { url: url(names[n]), name: names[n] + '.nii.gz', colormap: 'gray' },
    { url: url('labels'), name: 'labels.nii.gz', colormap: 'red', opacity: 0.4 },
  ])
  return view
}))
const drawn = () => {
  for (const view of views) {
    view.drawScene()
    view.gl.finish()
  }
}
drawn()
window.first = performance.now()
window.scroll = (plane, ms) => new Promise((resolve) => {
  for (const view of views) view.setSliceType(planes[plane])
  const step = { axial: [0, 0, 1], coronal: [0, 1, 0], sagittal: [1, 0, 0] }[plane]
  let count = 0
  const begin = performance.now()
  const next = (now) => {
    for (const view of views) view.moveCrosshairInVox(...step)
    drawn()
    count += 1
    if (now - begin > ms) resolve((1000 * count) / (performance.now() - begin))
    else requestAnimationFrame(next)
  }
  requestAnimationFrame(next)
})
</script>`
  return new Hono().get('/niivue', (c) => c.html(page)).all('*', (c) => app.fetch(c.req.raw))
}
