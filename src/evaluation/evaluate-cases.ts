// Evaluates segmentation: runs cases in BraTS layout through the service's own preparation, inference and postprocessing.

import { join } from 'node:path'
import { AppError, asAppError } from '../domain/errors.ts'
import type { ModelRunner } from '../domain/ports/model-runner.ts'
import type { LoadedBundle } from '../inference/bundle/manifest.ts'
import type { Registrar } from '../inference/volumes/rigid.ts'
import { bratsLabels } from './brats-labels.ts'
import { caseNames, readCaseFiles, SUFFIXES, sameGrid } from './case-files.ts'
import { falseEnhancement, scoreRegions, summarise } from './evaluate.ts'
import type { CaseReport, EvaluationReport } from './report.ts'
import { segmentCase } from './segment-case.ts'
import { createStepTimer } from './step-timer.ts'

export interface EvaluateOptions {
  /** Contains one folder per case: <case>/<case>_t1, _t1ce, _t2, _flair and _seg, as .nii, .nii.gz or .nii.xz. */
  folder: string
  /** Names of cases; all if absent. */
  only?: string[]
  bundle: LoadedBundle
  runner: ModelRunner
  registrar: Registrar
  onProgress?: (line: string) => void
}

/** Evaluates every case; one that cannot be read or analysed is listed as a failure and the others continue. */
export async function evaluateCases(options: EvaluateOptions): Promise<EvaluationReport> {
  const { bundle, onProgress = () => {} } = options
  const names = await caseNames(options.folder, options.only)
  const cases: CaseReport[] = []
  const failures: EvaluationReport['failures'] = []
  let execution: EvaluationReport['execution']
  let inference = 0
  for (const [index, name] of names.entries()) {
    const say = (text: string) => onProgress(`[${index + 1}/${names.length}] ${name}: ${text}`)
    try {
      const { report, record } = await evaluateCase(join(options.folder, name), name, options, say)
      const { seconds: _seconds, peakRssMb, ...rest } = record
      execution = rest
      inference = Math.max(inference, peakRssMb)
      cases.push(report)
      const scores = report.scores.map(({ region, dice }) => `${region} ${dice.toFixed(3)}`).join(', ')
      say(`Dice ${scores} in ${report.seconds.total.toFixed(1)} s`)
    } catch (thrown) {
      const error = asAppError(thrown)
      failures.push({ case: name, code: error.code, message: error.message })
      say(`${error.code}: ${error.message}`)
    }
  }
  const service = Math.round(process.resourceUsage().maxRSS / 1024)
  const scores = cases.map((report) => report.scores)
  const enhancing = falseEnhancement(scores)
  return {
    bundle: bundle.identity,
    execution,
    cases,
    summary: summarise(scores),
    ...(enhancing && { falseEnhancement: enhancing }),
    failures,
    peakRssMb: { service, inference },
  }
}

async function evaluateCase(folder: string, name: string, options: EvaluateOptions, say: (text: string) => void) {
  const { bundle, runner, registrar } = options
  const timer = createStepTimer(['read', 'prepare', 'segment', 'label', 'score'], () => performance.now(), say)
  const { seconds, time } = timer
  const { images, expert } = await time('read', async () => {
    const files = await readCaseFiles(folder)
    if (!files.labels) throw new AppError('NOT_FOUND', `${name} has no expert labels (_seg.nii.gz)`)
    return { images: files.images, expert: bratsLabels(files.labels, bundle.labels, name) }
  })
  const { reference, prepared, response, labels, noFinding } = await segmentCase({
    images,
    bundle,
    runner,
    registrar,
    time,
  })
  const scores = await time('score', () => {
    if (!sameGrid(labels, expert))
      throw new AppError('INPUT_IMPLAUSIBLE', `the labels are not on the grid of ${SUFFIXES[reference]}`)
    return scoreRegions(labels, expert, bundle.regions)
  })
  timer.end()
  const motion: CaseReport['motion'] = {}
  for (const { sequence, registration } of prepared.images) {
    if (!registration) continue
    const { translationMm, rotationDegrees } = registration
    motion[sequence] = { translationMm, rotationDegrees }
  }
  const report: CaseReport = { case: name, scores, noFinding, motion, seconds }
  return { report, record: response.execution }
}
