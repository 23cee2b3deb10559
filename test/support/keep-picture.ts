// Screenshots of browser tests, kept for whoever looks at them after a run: out/pictures.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const FOLDER = 'out/pictures'

export async function keepPicture(name: string, png: Uint8Array): Promise<void> {
  await mkdir(FOLDER, { recursive: true })
  await writeFile(join(FOLDER, `${name}.png`), png)
}
