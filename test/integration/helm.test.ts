// The Helm chart, linted and rendered by Helm's own library, and judged by the schemas of Kubernetes itself (kubernetes-validate): both parts, GPU
// nodes, secrets by reference, network policies, and the rules of the Pod Security Standard "restricted".
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { createProgram } from '../../src/cli/program.ts'
import { environmentVariables } from '../../src/settings/environment.ts'
import { parseSettings } from '../../src/settings/parse.ts'
import { fileVariable } from '../../src/settings/schema-parts.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CHART = 'deploy/helm/gliabridge'
const SITE = parse(readFileSync(`${ROOT}/deploy/helm/site.yaml`, 'utf8'))
const VERSIONS = ['1.27', '1.32', '1.36']

interface Rendered {
  kind: string
  metadata: { name: string }
  spec: never
  data: Record<string, string>
}
interface Verdict {
  lint: [number, string][]
  refused?: string
  objects: Rendered[]
}

function render(values: object, version = '1.32'): Verdict {
  const python = process.env.GLIABRIDGE_PYTHON ?? 'python3'
  const args = ['test/integration/oracles/render_chart.py', CHART, version]
  return JSON.parse(
    execFileSync(python, args, { cwd: ROOT, input: JSON.stringify(values), encoding: 'utf8', stdio: 'pipe' }),
  )
}

interface Pod {
  nodeSelector: Record<string, string>
  tolerations?: { key: string }[]
  securityContext: object
  containers: {
    image: string
    args: string[]
    env: { name: string; value: string }[]
    ports: { name: string; containerPort: number }[]
    securityContext: object
    resources: { limits: Record<string, unknown> }
    volumeMounts: { name: string; readOnly?: boolean }[]
    livenessProbe: { httpGet: { path: string } }
    readinessProbe: { httpGet: { path: string } }
  }[]
  volumes: Record<string, unknown>[]
}
const named = ({ objects }: Verdict, kind: string, name: string) => {
  const one = objects.find((object) => object.kind === kind && object.metadata.name === name)
  expect(one, `${kind} ${name}`).toBeDefined()
  return one!
}
const podOf = (verdict: Verdict, part: string) =>
  (named(verdict, 'Deployment', `gliabridge-${part}`).spec as { template: { spec: Pod } }).template.spec
const policyOf = (verdict: Verdict, part: string) =>
  named(verdict, 'NetworkPolicy', `gliabridge-${part}`).spec as {
    ingress: { from: object[]; ports: { port: number }[] }[]
    egress: { to: object[]; ports: { port: number }[] }[]
  }

describe('the chart', () => {
  it.each(VERSIONS)('is valid in Kubernetes %s, and Helm has nothing to remark', (version) => {
    const { lint, objects } = render(SITE, version)
    expect(lint).toEqual([])
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
      'ConfigMap gliabridge-site',
      'Deployment gliabridge-analyses',
      'Deployment gliabridge-pages',
      'NetworkPolicy gliabridge-analyses',
      'NetworkPolicy gliabridge-pages',
      'PersistentVolumeClaim gliabridge',
      'Service gliabridge',
      'ServiceAccount gliabridge',
    ])
  })

  it('splits the service into the parts that the command line has, on one folder for images', () => {
    const verdict = render(SITE)
    const serve = createProgram().commands.find((one) => one.name() === 'serve')!
    const { argChoices } = serve.options.find(({ long }) => long === '--only')!
    expect(argChoices).toEqual(['pages', 'analyses'])
    for (const part of argChoices!) {
      const [container] = podOf(verdict, part).containers
      expect(container!.args).toEqual(['node', 'bin/gliabridge.mjs', 'serve', '--only', part])
      expect(podOf(verdict, part).volumes).toContainEqual({
        name: 'data',
        persistentVolumeClaim: { claimName: 'gliabridge' },
      })
    }
    // The service leads to the part with the pages alone.
    const { selector } = named(verdict, 'Service', 'gliabridge').spec as { selector: Record<string, string> }
    expect(selector['app.kubernetes.io/component']).toBe('pages')
  })

  it('puts analyses on GPU nodes when asked, and nothing else there', () => {
    const verdict = render({ ...SITE, analyses: { gpu: { count: 1 } } })
    const analyses = podOf(verdict, 'analyses')
    expect(analyses.nodeSelector).toEqual({ 'kubernetes.io/os': 'linux', 'nvidia.com/gpu.present': 'true' })
    expect(analyses.tolerations).toEqual([{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }])
    const [container] = analyses.containers
    expect(container).toMatchObject({
      image: 'registry.hospital.example/gliabridge:0.1.0-cuda',
      resources: { limits: { memory: '8Gi', 'nvidia.com/gpu': 1 } },
    })
    expect(container!.env).toContainEqual({ name: 'GLIABRIDGE_INFERENCE_PROVIDERS', value: 'cuda,cpu' })
    const plain = render(SITE)
    for (const pod of [podOf(plain, 'analyses'), podOf(verdict, 'pages')]) {
      expect(pod.nodeSelector).toEqual({ 'kubernetes.io/os': 'linux' })
      expect(pod.tolerations).toBeUndefined()
      expect(Object.keys(pod.containers[0]!.resources.limits)).toEqual(['memory'])
      expect(pod.containers[0]!.image).not.toContain('cuda')
    }
  })

  it('takes images by digest', () => {
    const [digest, gpuDigest] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`]
    const verdict = render({
      ...SITE,
      image: { repository: 'r/g', digest, gpuDigest },
      analyses: { gpu: { count: 2 } },
    })
    const images = ['pages', 'analyses'].map((part) => podOf(verdict, part).containers[0]!.image)
    expect(images).toEqual([`r/g@${digest}`, `r/g@${gpuDigest}`])
    // Both GPUs of a replica are used: a pod counts its own from 0.
    const { env } = podOf(verdict, 'analyses').containers[0]!
    expect(env).toContainEqual({ name: 'GLIABRIDGE_INFERENCE_GPUS', value: '0,1' })
  })

  it('has secrets by reference alone, and settings that the service takes once they are there', () => {
    const verdict = render({ ...SITE, secretName: 'theirs' })
    const raw = JSON.parse(named(verdict, 'ConfigMap', 'gliabridge-site').data['site.json']!)
    const files = [...JSON.stringify(raw).matchAll(/"file":"([^"]+)"/g)].map(([, path]) => path!)
    expect(files.length).toBe(3)
    const secrets = Object.fromEntries(files.map((path) => [fileVariable(path), 'x']))
    const { http } = parseSettings(raw, { ...secrets, DATABASE_URL: 'postgres://x' })
    expect([http.host, http.port]).toEqual(['0.0.0.0', 8080])
    for (const part of ['pages', 'analyses']) {
      const { volumes, containers } = podOf(verdict, part)
      expect(volumes).toContainEqual({ name: 'secrets', secret: { secretName: 'theirs', defaultMode: 0o440 } })
      const known = new Set([
        ...environmentVariables().map(({ name }) => name),
        'GLIABRIDGE_CONFIG',
        'DATABASE_URL_FILE',
      ])
      expect(containers[0]!.env.filter(({ name }) => !known.has(name))).toEqual([])
      expect(files.every((path) => path.startsWith('/run/secrets/gliabridge/'))).toBe(true)
    }
  })

  it('lets in and out only what the site names', () => {
    const site = { ...SITE.site, receive: { dimse: { port: 11112, aeTitle: 'G', peers: {} } } }
    const verdict = render({ ...SITE, site, network: { ...SITE.network, senders: ['10.1.2.0/24'] } })
    const space = (name: string) => ({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } })
    const pages = policyOf(verdict, 'pages')
    expect(pages.ingress).toEqual([
      { from: [space('ingress'), space('monitoring')], ports: [{ protocol: 'TCP', port: 8080 }] },
      { from: [{ ipBlock: { cidr: '10.1.2.0/24' } }], ports: [{ protocol: 'TCP', port: 11112 }] },
    ])
    // People and senders have no way to the part that computes.
    expect(policyOf(verdict, 'analyses').ingress).toEqual([
      { from: [space('monitoring')], ports: [{ protocol: 'TCP', port: 8080 }] },
    ])
    for (const part of ['pages', 'analyses'])
      expect(policyOf(verdict, part).egress.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([
        53, 53, 443, 5432,
      ])
    expect(podOf(verdict, 'pages').containers[0]!.ports).toContainEqual({ name: 'dimse', containerPort: 11112 })
    expect(podOf(verdict, 'analyses').containers[0]!.ports).toHaveLength(1)
    const { ports } = named(verdict, 'Service', 'gliabridge').spec as { ports: object[] }
    expect(ports).toContainEqual({ name: 'dimse', port: 11112, targetPort: 'dimse' })
  })

  it('keeps to the Pod Security Standard "restricted", read-only, and restarts for no peer that is down', () => {
    const verdict = render(SITE)
    for (const part of ['pages', 'analyses']) {
      const { securityContext, containers, volumes } = podOf(verdict, part)
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
      expect(containers[0]!.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      expect(volumes.flatMap(({ name: _, ...kind }) => Object.keys(kind)).sort()).toEqual([
        'configMap',
        'emptyDir',
        'persistentVolumeClaim',
        'secret',
      ])
      expect(containers[0]!.volumeMounts.map(({ name }) => name).sort()).toEqual(volumes.map(({ name }) => name).sort())
      const { livenessProbe, readinessProbe } = containers[0]!
      expect([livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path)).toEqual(['/healthz', '/healthz'])
    }
  })

  it.each([
    ['a misspelt value', { ...SITE, analysis: { replicas: 2 } }, /analysis/],
    ['a GPU that is no number', { ...SITE, analyses: { gpu: { count: 'one' } } }, /count/],
    ['a site without an EHR', { ...SITE, site: { ...SITE.site, ehr: undefined } }, /ehr/],
    ['an address without a prefix', { ...SITE, network: { senders: ['10.1.2.3'] } }, /senders/],
    ['another port of the pages', { ...SITE, site: { ...SITE.site, http: { port: 9000 } } }, /port/],
  ])('is refused with %s, by its name', (_what, values, name) => {
    expect(render(JSON.parse(JSON.stringify(values))).refused).toMatch(name)
  })

  it('is judged: a field that Kubernetes does not know is found', () => {
    expect(() => render({ ...SITE, pages: { resources: { limit: { memory: '1Gi' } } } })).toThrow(/limit/)
  })
})
