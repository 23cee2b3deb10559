// Runs the steps of a Dockerfile's stages in folders, where no engine runs: COPY, WORKDIR, RUN and ENV of one target.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Copy, DockerfileParser, type Instruction } from 'dockerfile-ast'

export interface BuiltStage {
  /** The stage's root folder. */
  root: string
  workdir: string
  env: Record<string, string>
  command: string[]
  /** The command of HEALTHCHECK. */
  healthCheck: string[]
  user: string
  /** RUN lines that were left out, with the reason. */
  leftOut: string[]
}

interface Stage {
  base: string
  name: string
  instructions: Instruction[]
}

/** Lines that would change this machine and not a folder. */
const FOR_AN_IMAGE_ONLY = /\b(groupadd|useradd|chown)\b/

export function readStages(path: string): Stage[] {
  const stages: Stage[] = []
  for (const instruction of DockerfileParser.parse(readFileSync(path, 'utf8')).getInstructions()) {
    if (instruction.getKeyword() === 'FROM') {
      const [base = '', , name = ''] = instruction.getArguments().map((argument) => argument.getValue())
      stages.push({ base, name, instructions: [] })
    } else stages.at(-1)?.instructions.push(instruction)
  }
  return stages
}

/** Builds the target and the stages that it needs, each in a folder below `into`; `context` is where COPY takes files from. */
export function buildStage(stages: Stage[], target: string, context: string, into: string): BuiltStage {
  const stage = stages.find((one) => one.name === target)
  if (!stage) throw new Error(`the Dockerfile has no stage ${target}`)
  const parent = stages.some((one) => one.name === stage.base)
    ? buildStage(stages, stage.base, context, into)
    : undefined
  const root = join(into, target)
  mkdirSync(root, { recursive: true })
  if (parent) cpSync(parent.root, root, { recursive: true, verbatimSymlinks: true })
  const built: BuiltStage = {
    root,
    workdir: parent?.workdir ?? '/',
    env: { ...parent?.env },
    command: [],
    healthCheck: [],
    user: 'root',
    leftOut: [],
  }
  for (const instruction of stage.instructions) step(instruction, built, { stages, context, into })
  return built
}

function step(
  instruction: Instruction,
  built: BuiltStage,
  around: { stages: Stage[]; context: string; into: string },
): void {
  const words = instruction.getArguments().map((argument) => argument.getValue())
  const inside = (path: string) => join(built.root, path.startsWith('/') ? path : join(built.workdir, path))
  switch (instruction.getKeyword()) {
    case 'WORKDIR':
      built.workdir = words[0]!
      mkdirSync(inside('.'), { recursive: true })
      return
    case 'ENV':
      for (const word of words) built.env[word.slice(0, word.indexOf('='))] = word.slice(word.indexOf('=') + 1)
      return
    case 'COPY': {
      const flag = (instruction as Copy).getFromFlag()?.getValue()
      const from = flag === undefined || flag === null ? around.context : join(around.into, flag)
      if (from !== around.context && !existsSync(from)) buildStage(around.stages, flag!, around.context, around.into)
      const target = words.at(-1)!
      for (const source of words.slice(0, -1)) {
        const into = target.endsWith('/')
          ? join(inside(target), relative('.', source).split('/').at(-1)!)
          : inside(target)
        cpSync(join(from, source), into, { recursive: true, verbatimSymlinks: true })
      }
      return
    }
    case 'RUN': {
      const line = instruction.getArgumentsContent() ?? ''
      if (FOR_AN_IMAGE_ONLY.test(line)) {
        built.leftOut.push(line)
        return
      }
      const run = spawnSync('sh', ['-c', line], {
        cwd: inside('.'),
        env: { ...process.env, ...built.env },
        encoding: 'utf8',
      })
      if (run.status !== 0) throw new Error(`RUN ${line} ended with ${run.status}: ${run.stderr.slice(-2000)}`)
      return
    }
    case 'CMD':
      built.command = listIn(words)
      return
    case 'HEALTHCHECK':
      built.healthCheck = listIn(words.slice(words.indexOf('CMD') + 1))
      return
    case 'USER':
      built.user = words[0]!
      return
  }
}

/** ["node", "x"] as Docker writes it. */
function listIn(words: string[]): string[] {
  return words
    .join(' ')
    .replace(/[[\]",]/g, ' ')
    .trim()
    .split(/\s+/)
}
