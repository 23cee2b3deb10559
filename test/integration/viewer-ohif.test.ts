// What a radiologist gets to see: OHIF in a real browser, over a real Orthanc, opens a study of two series with our segmentation and report.
import { decode } from 'fast-png'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildMeasurementReport } from '../../src/dicom/sr/measurement-report.ts'
import { createDicomWebClient } from '../../src/dicomweb/client.ts'
import type { Grid } from '../../src/domain/volume.ts'
import { inputOf } from '../dicom/report-input.ts'
import { classicSeries, OBLIQUE, STUDY_UID } from '../dicom/support.ts'
import { type Browser, startBrowser, type Tab } from '../support/browser.ts'
import { keepPicture } from '../support/keep-picture.ts'
import { HOW_TO_INSTALL, ohifFolder, serveOhif } from '../support/ohif.ts'
import { startOrthanc, type TestOrthanc } from '../support/orthanc.ts'
import { quietLog } from '../support/quiet-log.ts'

/** Frames of a whole number of bytes, and an even number of these altogether: OHIF refuses others (docs/conformance/dicom-validators.md). */
const EVEN: Grid = { ...OBLIQUE, size: [40, 24, 7] }
const folder = ohifFolder()

describe.skipIf(folder === undefined)(`OHIF (${HOW_TO_INSTALL})`, () => {
  let orthanc: TestOrthanc
  let ohif: Awaited<ReturnType<typeof serveOhif>>
  let browser: Browser
  let tab: Tab
  let input: ReturnType<typeof inputOf>

  beforeAll(async () => {
    orthanc = await startOrthanc()
    const { url, username, password } = orthanc
    const auth = { type: 'basic', username, password } as const
    const archive = createDicomWebClient({ url, auth, timeoutMs: 20_000, log: quietLog })
    // Stored first, so that a viewer that takes the first one takes the wrong one.
    const other = await classicSeries({ seriesKey: 'other', grid: EVEN })
    const reference = await classicSeries({ seriesKey: 'reference', grid: EVEN })
    input = inputOf(reference, other)
    for (const { files, series } of [other, reference]) {
      const images = files.map((bytes, n) => ({ sopInstanceUid: series.instances[n]!.sopInstanceUid, bytes }))
      await archive.store(STUDY_UID, images)
    }
    const made = [input.segmentation!, buildMeasurementReport(input)]
    await archive.store(
      STUDY_UID,
      made.map(({ sopInstanceUid, bytes }) => ({ sopInstanceUid, bytes })),
    )
    ohif = await serveOhif(folder!, orthanc)
    browser = await startBrowser({}, ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'])
    tab = await browser.tab()
    await tab.open(`${ohif.url}/segmentation?StudyInstanceUIDs=${STUDY_UID}`)
    await tab.until(`window.services?.displaySetService?.getActiveDisplaySets().length === 4`)
    await tab.until(`document.querySelectorAll('canvas').length > 0`)
  }, 240_000)
  afterAll(async () => {
    await browser?.close()
    ohif?.close()
    await orthanc?.close()
  })

  it('lists images, segmentation and report by their descriptions', async () => {
    const listed = await tab.evaluate<string[]>(
      `window.services.displaySetService.getActiveDisplaySets().map((one) => one.Modality + ' ' + one.SeriesDescription)`,
    )
    expect(listed.sort()).toEqual([
      'MR ',
      'MR ',
      'SEG AI glioma segmentation, not reviewed, research use',
      'SR AI glioma measurements, not reviewed, research use',
    ])
  })

  it('lays every voxel of the segmentation on the image from which it comes', async () => {
    await tab.evaluate(`(() => {
      const rows = [...document.querySelectorAll('[data-cy="study-browser-thumbnail-no-image"]')]
      rows.find((row) => row.textContent.includes('SEG')).dispatchEvent(new MouseEvent('dblclick', { bubbles: true }))
    })()`)
    await tab.until(`window.services.segmentationService.getSegmentations().length === 1`)
    const shown = await tab.evaluate<{ labels: string[]; slices: { uid: string; data: number[] }[] }>(`(() => {
      const [{ segments, representationData }] = window.services.segmentationService.getSegmentations()
      const { imageIds, referencedImageIds } = representationData.Labelmap
      return {
        labels: Object.values(segments).map(({ label }) => label),
        slices: imageIds.map((id, n) => ({
          uid: /instances\\/([\\d.]+)/.exec(referencedImageIds[n])[1],
          data: [...window.cornerstone.cache.getImage(id).voxelManager.getScalarData()],
        })),
      }
    })()`)
    expect(shown.labels).toEqual(['necrotic core', 'oedema and infiltration', 'enhancing tumour'])
    const { data } = input.labels
    const each = EVEN.size[0] * EVEN.size[1]
    const expected = input.sourceFrames.map(({ sopInstanceUid }, k) => ({
      uid: sopInstanceUid,
      data: [...data.subarray(k * each, (k + 1) * each)],
    }))
    const byUid = (a: { uid: string }, b: { uid: string }) => a.uid.localeCompare(b.uid)
    expect(shown.slices.sort(byUid)).toEqual(expected.sort(byUid))
  })

  it('draws it in colour', async () => {
    const coloured = async () => {
      const { data, width, channels } = decode(await tab.picture())
      let count = 0
      // The first viewport, without its captions.
      for (let y = 330; y < 610; y += 1)
        for (let x = 330; x < 600; x += 1) {
          const [r = 0, g = 0, b = 0] = data.subarray((y * width + x) * channels)
          if (Math.max(r, g, b) - Math.min(r, g, b) > 40) count += 1
        }
      return count
    }
    await tab.evaluate(`(() => {
      const [{ segmentationId }] = window.services.segmentationService.getSegmentations()
      window.services.segmentationService.jumpToSegmentCenter(segmentationId, 2)
    })()`)
    await expect.poll(coloured, { timeout: 60_000, interval: 1000 }).toBeGreaterThan(10_000)
    await keepPicture('ohif', await tab.picture())
  }, 90_000)
})
