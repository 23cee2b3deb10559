// The Kubernetes manifests, rendered by kubectl's Kustomize and judged by the schemas of Kubernetes itself (kubernetes-validate).
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const JUDGE = `
import sys, yaml, kubernetes_validate
for document in yaml.safe_load_all(sys.stdin):
    kubernetes_validate.validate(document, '1.32', strict=True)
    print(document['kind'])
`
const judge = (manifests: string) =>
  execFileSync(process.env.GLIABRIDGE_PYTHON ?? 'python3', ['-c', JUDGE], { input: manifests, encoding: 'utf8' })
    .trim()
    .split('\n')

const KINDS = ['ConfigMap', 'Deployment', 'Namespace', 'NetworkPolicy', 'Service', 'ServiceAccount']
const rendered = (folder: string) =>
  execFileSync('kubectl', ['kustomize', `deploy/${folder}`], { cwd: ROOT, encoding: 'utf8' })

it('on GPU nodes are valid too, with the image, the node and the device that it needs', () => {
  const manifests = rendered('kubernetes-gpu')
  expect(judge(manifests).sort()).toEqual(KINDS)
  for (const text of ['image: gliabridge:0.1.0-cuda', 'nvidia.com/gpu: 1', 'nvidia.com/gpu.present: "true"'])
    expect(manifests).toContain(text)
}, 60_000)

it('are valid, and a mistake in them is not', () => {
  const manifests = rendered('kubernetes')
  expect(judge(manifests).sort()).toEqual(KINDS)
  expect(manifests).toContain('readOnlyRootFilesystem: true')
  expect(() => judge(manifests.replace('readOnlyRootFilesystem', 'readOnlyRoot'))).toThrow()
}, 60_000)
