// veraPDF from Maven Central as a judge of PDF/A-2a and PDF/UA-1.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const program = fileURLToPath(new URL('../integration/oracles/verapdf/Validate.java', import.meta.url))
const installed = fileURLToPath(new URL('../../out/verapdf', import.meta.url))

/** Folder of the jars: GLIABRIDGE_TEST_VERAPDF, else out/verapdf, where .ci/run puts them; undefined where there are none. */
export function verapdfJars(): string | undefined {
  const folder = process.env.GLIABRIDGE_TEST_VERAPDF ?? installed
  return existsSync(join(folder, 'SHA256SUMS')) ? folder : undefined
}

export const HOW_TO_INSTALL =
  'bash test/integration/oracles/hapi/install.sh out/verapdf test/integration/oracles/verapdf/jars.txt, and a JDK 17 or newer'

export interface PdfVerdict {
  isRight: boolean
  /** "2a" or "ua1" */
  flavour: string
  file: string
}

/** On every PDF of the folder; of what is wrong, which rules are broken. */
export async function judgePdfs(jars: string, folder: string): Promise<{ verdicts: PdfVerdict[]; broken: string[] }> {
  const command = ['-Xmx600m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(jars, '*'), program, folder]
  const { stdout } = await promisify(execFile)('java', command, { maxBuffer: 32 * 1024 * 1024 })
  const lines = stdout.split('\n').map((line) => line.split('\t'))
  return {
    verdicts: lines.flatMap(([word, flavour = '', file = '']) =>
      word === 'RIGHT' || word === 'WRONG' ? [{ isRight: word === 'RIGHT', flavour, file }] : [],
    ),
    broken: lines.flatMap(([word, ...rest]) => (word === 'BROKEN' ? [rest.join(' ')] : [])),
  }
}
