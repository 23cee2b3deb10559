// The bundle manifest (bundle.json): what a model needs, what it returns and how it was made, checked as a whole.
import { z } from 'zod'
import { AppError } from '../../domain/errors.ts'
import { type BundleIdentity, HEADS, type Head } from '../../domain/finding.ts'
import { SEQUENCES, type Sequence } from '../../domain/study.ts'
import type { TumourLabels } from '../features/tumour-features.ts'
import { changeControlProblems, changeControlSchema } from './change-control.ts'
import { encoderProblems, encoderSchema } from './encoder.ts'
import { type Graph, graphSchemas, regionTransformSchema } from './graph.ts'
import { answerProblems, graphProblems } from './graph-problems.ts'
import { headsSchema, type RunnableHead } from './heads.ts'
import type { Library } from './library.ts'
import { needsProblems, needsSchema } from './needs.ts'
import { graphOfOne, oneNetworkSchemas } from './one-network.ts'

const text = z.string().min(1)
const digest = z.string().regex(/^[0-9a-f]{64}$/, 'must be a sha256 in lower-case hexadecimal')
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be a plain file name inside the bundle folder')
const sequence = z.strictObject({ channel: z.int().min(0), required: z.boolean() })

const files = z.record(fileName, z.strictObject({ sha256: digest, bytes: z.int().positive() }))
const sequences = z.partialRecord(z.enum(SEQUENCES as [Sequence, ...Sequence[]]), sequence).refine((all) => {
  const channels = Object.values(all).map((s) => s.channel)
  return channels.toSorted((a, b) => a - b).every((channel, index) => channel === index)
}, 'channels must be 0, 1, 2 … without gap or repetition')
const labels = z
  .array(z.strictObject({ index: z.int().min(1).max(255), name: text, key: text }))
  .min(1)
  .refine((all) => all.every((label, i) => label.index === i + 1), 'indices must be 1, 2, 3 … in this order')
  .refine((all) => new Set(all.map((label) => label.key)).size === all.length, 'keys must differ')
const anatomy = z.array(z.strictObject({ index: z.int().min(2).max(255), name: text, key: text })).optional()
const regions = z.record(text, z.array(z.int().min(1)).min(1))
const common = {
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be lower-case letters, digits, "." and "-"'),
  version: text,
  name: text,
  description: text,
  intended_use: text,
  /** For whom the bundle is intended; for anybody if absent. The study of anybody else is held, or carries a note, as the site wishes. */
  intended_population: z.strictObject({ min_age_years: z.number().min(0).max(120) }).optional(),
  authors: z.union([text, z.array(text).min(1)]),
  copyright: text,
  license: text,
  /** For a bundle that is a registered device: as on its label, with the issuer as the URI that FHIR assigns to the agency. */
  udi: z.strictObject({ device_identifier: text, issuer: z.url(), carrier_hrf: text.optional() }).optional(),
  data_source: z.array(z.unknown()),
  files,
  sequences,
  /** At least one of these must be present. */
  require_any: z
    .array(z.enum(SEQUENCES as [Sequence, ...Sequence[]]))
    .min(1)
    .optional(),
  /** Which regions and labels need which sequences; if absent, none does. */
  needs: needsSchema.optional(),
  labels,
  /** Classes after the labels that are not tumour, such as brain; never written as segments. */
  anatomy,
  regions,
  postprocess: z.strictObject({
    /** "most-probable" (the default), "tumour-first" or "nested-regions": see decision.ts. */
    decision: z.enum(['most-probable', 'tumour-first', 'nested-regions']).optional(),
    /** Applied in this order to the regions from the stages, before voxels are decided. */
    transforms: z.array(regionTransformSchema).optional(),
    /** For every region and label: the 68th percentile of the volume's error on unseen cases, as a share of the volume. */
    volume_relative_sd: z.record(text, z.number().min(0)).optional(),
    /** Of components; only this one is implemented. */
    connectivity: z.literal(26).optional(),
    min_component_ml: z.number().min(0),
    enhancing_min_ml: z.number().min(0),
    no_finding_below_ml: z.number().min(0),
  }),
  /** Absent if no head looks at the image itself. */
  encoder: encoderSchema.optional(),
  heads: headsSchema,
  evaluation: z.record(z.string(), z.unknown()),
  /** What it must show in shadow before it may replace another bundle; if absent, the service's own limits apply. */
  change_control: changeControlSchema.optional(),
}

/** One network over one grid. */
const oneNetwork = z.strictObject({ schema: z.literal('gliabridge-bundle/1'), ...common, ...oneNetworkSchemas })
/** A graph of networks. */
const graphOfNetworks = z.strictObject({ schema: z.literal('gliabridge-bundle/2'), ...common, ...graphSchemas })

export const manifest = z.discriminatedUnion('schema', [oneNetwork, graphOfNetworks])

/** What the file declares, in either form; a single network is a graph of one stage. */
export type BundleManifest = Omit<z.infer<typeof graphOfNetworks>, 'schema' | keyof Graph> & { graph: Graph }

/** The manifest, and its encoder's library once that has been read. */
export type Bundle = BundleManifest & { library?: Library }

/** Its files were read and match the manifest; `folder` is where they are. */
export type LoadedBundle = Bundle & { folder: string; identity: BundleIdentity }

/** Parses the content of bundle.json; throws BUNDLE_INVALID with every problem at once. */
export function parseBundle(raw: unknown): Bundle {
  // Chosen by its form, not parsed as a union, so that an unknown form is reported as one problem among the others.
  const isGraph = z.looseObject({ schema: graphOfNetworks.shape.schema }).safeParse(raw).success
  const parsed = (isGraph ? graphOfNetworks : oneNetwork).safeParse(raw)
  const problems = [...(parsed.success ? [] : describe(parsed.error)), ...crossProblems(raw, isGraph)]
  if (!parsed.success || problems.length > 0) {
    throw new AppError('BUNDLE_INVALID', `bundle.json has ${problems.length} problem(s): ${problems.join('; ')}`)
  }
  if (parsed.data.schema === 'gliabridge-bundle/1') {
    const { schema: _form, preprocess, network, inference, ...rest } = parsed.data
    return { ...rest, graph: graphOfOne({ preprocess, network, inference, ...rest }) }
  }
  const { schema: _form, networks, masks, stages, result, ...rest } = parsed.data
  return { ...rest, graph: { networks, masks, stages, result } }
}

/** The heads that have a network, in the order of the domain. */
export function runnableHeads(bundle: Pick<BundleManifest, 'heads'>): { name: Head; head: RunnableHead }[] {
  return HEADS.flatMap((name) => {
    const head = bundle.heads[name]
    return head.status === 'not_evaluable' ? [] : [{ name, head }]
  })
}

/** Number of the network's input channels. */
export function channelCount(bundle: Pick<BundleManifest, 'sequences'>): number {
  return Object.keys(bundle.sequences).length
}

/** Classes in the network's output: background, labels, anatomy. */
export function classCount(bundle: Pick<BundleManifest, 'labels' | 'anatomy'>): number {
  return 1 + bundle.labels.length + (bundle.anatomy?.length ?? 0)
}

/** The sequences that the bundle takes, in channel order. */
export function channelOrder(bundle: Pick<BundleManifest, 'sequences'>): Sequence[] {
  return SEQUENCES.filter((s) => bundle.sequences[s]).toSorted(
    (a, b) => bundle.sequences[a]!.channel - bundle.sequences[b]!.channel,
  )
}

/** The labels of a bundle by key: the region WT (every label if there is none), and ET, NCR and ED. */
export function tumourLabels({ labels, regions }: Pick<BundleManifest, 'labels' | 'regions'>): TumourLabels {
  const withKey = (key: string) => labels.filter((label) => label.key === key).map(({ index }) => index)
  return {
    whole: regions.WT ?? labels.map(({ index }) => index),
    enhancing: withKey('ET'),
    necrosis: withKey('NCR'),
    oedema: withKey('ED'),
  }
}

function describe(error: z.ZodError): string[] {
  return error.issues.flatMap((issue) => {
    const where = issue.path.join('.') || 'the file'
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => `${[...issue.path, key].join('.')} is not a known key`)
    if (issue.code === 'invalid_key') return issue.issues.map((inner) => `${where}: ${inner.message}`)
    return [`${where}: ${issue.message}`]
  })
}

/** Checks that span several parts; parts that are invalid by themselves have been reported and are skipped here. */
function crossProblems(raw: unknown, isGraph: boolean): string[] {
  const part = <T>(schema: z.ZodType<T>, key: string): T | undefined => {
    const value = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>)[key] : undefined
    return schema.safeParse(value).data
  }
  const problems: string[] = []
  const named = part(files, 'files')
  const net = part(oneNetworkSchemas.network, 'network')
  if (named && net && !named[net.file]) problems.push(`network.file: ${net.file} is not listed in files`)
  if (named && !named['card.md']) problems.push('files: card.md is not listed')
  const heads = part(z.record(z.string(), z.unknown()), 'heads')
  for (const [name, head] of Object.entries(heads ?? {})) {
    const file = z.looseObject({ file: text }).safeParse(head).data?.file
    if (named && file !== undefined && !named[file]) problems.push(`heads.${name}.file: ${file} is not listed in files`)
  }
  const encoder = part(encoderSchema.optional(), 'encoder')
  for (const file of encoder ? [encoder.file, ...(encoder.library ? [encoder.library.file] : [])] : [])
    if (named && !named[file]) problems.push(`encoder: ${file} is not listed in files`)
  const wanting = part(z.record(z.string(), z.looseObject({ features: z.array(z.string()).optional() })), 'heads')
  problems.push(...encoderProblems(encoder, wanting ?? {}))
  const inputs = part(z.record(z.string(), z.looseObject({ required: z.boolean() })), 'sequences')
  const any = part(z.array(z.string()), 'require_any') ?? []
  if (inputs && any.length === 0 && !Object.values(inputs).some((s) => s.required))
    problems.push('sequences: at least one sequence must be required, or require_any must name some')
  for (const one of any) if (inputs && !inputs[one]) problems.push(`require_any: ${one} is not one of the sequences`)
  const labels = part(z.array(z.unknown()), 'labels')
  const notTumour = part(z.array(z.looseObject({ index: z.int() })), 'anatomy') ?? []
  for (const [n, { index }] of notTumour.entries()) {
    const next = (labels?.length ?? 0) + 1 + n
    if (labels && index !== next)
      problems.push(`anatomy.${n}.index: ${index} must be ${next}, the next after the labels`)
  }
  const groups = part(regions, 'regions')
  if (labels && groups) {
    for (const [name, members] of Object.entries(groups)) {
      for (const index of members)
        if (index > labels.length) problems.push(`regions.${name}: there is no label ${index}`)
    }
    const control = part(changeControlSchema, 'change_control')
    if (control) problems.push(...changeControlProblems(control, groups))
    if (!groups.WT) problems.push('regions: WT (whole tumour) is missing')
    // A volume without its measured error would look much more certain than the others.
    const measured = part(z.looseObject({ volume_relative_sd: z.record(z.string(), z.unknown()) }), 'postprocess')
    const keys = (part(z.array(z.looseObject({ key: text })), 'labels') ?? []).map(({ key }) => key)
    const needs = part(needsSchema, 'needs') ?? {}
    problems.push(...needsProblems(needs, [...Object.keys(groups), ...keys], Object.keys(inputs ?? {})))
    for (const key of measured ? new Set([...keys, ...Object.keys(groups)]) : [])
      if (measured!.volume_relative_sd[key] === undefined)
        problems.push(`postprocess.volume_relative_sd: ${key} is missing`)
  }
  return [...problems, ...graphProblemsOf(raw, isGraph)]
}

const around = z.object({ files, labels, regions, anatomy, sequences, postprocess: common.postprocess })

/** Problems of the graph as a whole, once everything it refers to is valid by itself. */
function graphProblemsOf(raw: unknown, isGraph: boolean): string[] {
  const parsed = around.safeParse(raw).data
  const [graph, one] = [z.object(graphSchemas).safeParse(raw).data, z.object(oneNetworkSchemas).safeParse(raw).data]
  if (!parsed) return []
  const context = { ...parsed, anatomy: parsed.anatomy ?? [] }
  if (isGraph) return graph ? graphProblems(graph, context) : []
  return one ? answerProblems(graphOfOne({ ...one, ...context }), context) : []
}
