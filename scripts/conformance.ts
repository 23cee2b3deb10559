// Runs the main job on the generated study, and on BraTS cases if there are any, and has every validator check every object.
// Usage: npm run conformance [-- --data DIR] [--case NAME …] [--out DIR] [--pacs URL] [--report DIR] [--allow-missing]
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeNiftiStudy } from '../bench/nifti-study.ts'
import { judgeDicom } from '../test/support/judge-dicom.ts'
import { judgeResources, judgeWithHl7, type PostedResource } from '../test/support/judge-fhir.ts'
import { isAccepted, type JudgedStudy, pageOf, type Report, reportOf } from './conformance/report.ts'
import { runStudy, type StudyRun } from './conformance/run-study.ts'

const CASES = ['BraTS2021_01660', 'BraTS2021_01661', 'Brats18_2013_21_1']
const root = fileURLToPath(new URL('..', import.meta.url))

const { values } = parseArgs({
  options: {
    /** Folder that contains brats/CASE/*.nii.gz. */
    data: { type: 'string' },
    case: { type: 'string', multiple: true },
    /** Where the objects go; never into the repository. */
    out: { type: 'string', default: join(root, 'out/conformance') },
    /** A DICOMweb archive, instead of the embedded one. */
    pacs: { type: 'string' },
    /** Where the verdicts go. */
    report: { type: 'string', default: join(root, 'docs/conformance') },
    'allow-missing': { type: 'boolean', default: false },
  },
})

async function main(): Promise<void> {
  const data = values.data ?? process.env.GLIABRIDGE_DATA
  const pacs = values.pacs === undefined ? {} : { pacs: values.pacs }
  await rm(values.out, { recursive: true, force: true })
  const judged: JudgedStudy[] = []
  const posted: PostedResource[][] = []
  const keep = async (run: StudyRun) => {
    judged.push(await judge(run))
    posted.push(run.posted)
    await writeReport(judged, false)
  }
  await keep(await runStudy({ title: 'Generated study, seed 1', folder: join(values.out, 'generated'), ...pacs }))
  for (const name of data === undefined ? [] : (values.case ?? CASES)) {
    const study = join(values.out, name, 'images')
    await writeNiftiStudy({ caseDir: join(data!, 'brats', name), outDir: study })
    await keep(await runStudy({ title: name, folder: join(values.out, name), study, ...pacs }))
    await rm(study, { recursive: true })
  }
  const verdicts = await judgeWithHl7(posted.flat())
  for (const [index, study] of judged.entries()) study.verdicts.push(...verdicts.splice(0, posted[index]!.length))

  const report = await writeReport(judged, true)
  process.stdout.write(`${pageOf(report)}\nObjects and full remarks: ${values.out}\n`)
  process.exitCode = isAccepted(report, values['allow-missing']) ? 0 : 1
}

async function writeReport(judged: readonly JudgedStudy[], finished: boolean): Promise<Report> {
  const report = reportOf(judged, finished)
  await mkdir(values.report, { recursive: true })
  await writeFile(join(values.report, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
  await writeFile(join(values.report, 'report.md'), pageOf(report))
  // Remarks quote the objects, so they stay next to them.
  await writeFile(join(values.out, 'verdicts.json'), `${JSON.stringify(judged, null, 2)}\n`)
  return report
}

async function judge({
  title,
  state,
  hold,
  objects,
  sources,
  reference,
  posted,
  result,
}: StudyRun): Promise<JudgedStudy> {
  const dicom = result === undefined ? [] : await judgeDicom(objects, { sources, reference }, result)
  return {
    title,
    state,
    ...(hold === undefined ? {} : { hold }),
    images: sources.length,
    objects: objects.map(({ name }) => name),
    resources: posted.map(({ name }) => name),
    verdicts: [...dicom, ...(await judgeResources(posted))],
  }
}

await main()
