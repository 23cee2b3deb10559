// The alert rules: each names figures that the service really gives, and has its section in the runbook.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { renderMetrics } from '../../src/telemetry/metrics.ts'
import { readProcessFigures } from '../../src/telemetry/resources.ts'

interface Rule {
  alert: string
  expr: string
  labels: { severity: string }
  annotations: { summary: string }
}
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const rules: Rule[] = parse(read('deploy/prometheus/alerts.yaml')).groups.flatMap(
  (group: { rules: Rule[] }) => group.rules,
)

const metrics = renderMetrics({
  analyses: { held: 1 },
  legs: [{ leg: 'ehr', state: 'failed', count: 1, attempts: 12 }],
  peers: ['pacs', 'ehr'].map((peer) => ({ peer, up: false, secondsSinceGood: 1 })),
  software: { version: '0.1.0', bundleId: 'b', modelDigest: 'd' },
  steps: [],
  oldestOpenSeconds: 0,
  process: readProcessFigures(),
})

it('asks for figures and labels that the service gives', () => {
  expect(rules.length).toBeGreaterThan(5)
  for (const { alert, expr } of rules) {
    const wanted = [...expr.matchAll(/\b((?:gliabridge|process)_\w+)(?:\{([^}]*)\})?/g)]
    for (const [, name, labels = ''] of wanted) {
      // "job" is given by Prometheus.
      const own = labels.split(',').filter((label) => label !== '' && !label.startsWith('job='))
      const lines = metrics.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      expect(
        lines.filter((line) => own.every((label) => line.includes(label))),
        `${alert}: ${name}`,
      ).not.toEqual([])
    }
  }
})

it('explains every alert in the runbook, and no other', () => {
  const sections = [...read('docs/runbook.md').matchAll(/^### (Gliabridge\w+)$/gm)].map(([, name]) => name)
  expect(sections).toEqual(rules.map(({ alert }) => alert))
})

it('scrapes with the token', () => {
  const [job] = parse(read('deploy/prometheus/prometheus.yaml')).scrape_configs
  expect(job).toMatchObject({ job_name: 'gliabridge', metrics_path: '/metrics', authorization: { type: 'Bearer' } })
})
