// Alert rules and dashboard: each names figures that the service really gives, and each alert has its section in the runbook.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { figuresIn, missingFigures, sampleMetrics } from '../support/sample-metrics.ts'

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

const metrics = sampleMetrics()

it('asks for figures and labels that the service gives', () => {
  expect(rules.length).toBeGreaterThan(5)
  for (const { alert, expr } of rules) expect(missingFigures(expr, metrics), alert).toEqual([])
})

it('asks in every panel of the dashboard for figures and labels that the service gives, and leaves none out', () => {
  const dashboard: { panels: { title: string; targets: { expr: string; legendFormat: string }[] }[] } = JSON.parse(
    read('deploy/grafana/gliabridge.json'),
  )
  const asked = new Set<string>()
  for (const { title, targets } of dashboard.panels)
    for (const { expr, legendFormat } of targets) {
      expect(missingFigures(expr, metrics), title).toEqual([])
      for (const name of figuresIn(expr)) asked.add(name.replace(/_(sum|count)$/, ''))
      // A label in a legend that no sample has is an empty legend.
      const labels = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label)
      const samples = metrics.split('\n').filter((line) => figuresIn(expr).some((name) => line.startsWith(`${name}{`)))
      for (const label of labels)
        if (label !== 'instance') expect(samples.join('\n'), `${title}: ${label}`).toContain(`${label}="`)
    }
  const given = [...metrics.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name!)
  const elsewhere = ['process_start_time_seconds', 'gliabridge_uptime_seconds', 'gliabridge_peak_resident_memory_bytes']
  expect(given.filter((name) => !asked.has(name))).toEqual(expect.arrayContaining(elsewhere))
  expect(given.filter((name) => !asked.has(name) && !elsewhere.includes(name))).toEqual([])
})

it('sees a figure that the service does not give, and a label that it does not have', () => {
  expect(missingFigures('gliabridge_nothing > 1', metrics)).toEqual(['gliabridge_nothing'])
  expect(missingFigures('gliabridge_legs{state="odd"} > 1', metrics)).toEqual(['gliabridge_legs{state="odd"}'])
})

it('explains every alert in the runbook, and no other', () => {
  const sections = [...read('docs/runbook.md').matchAll(/^### (Gliabridge\w+)$/gm)].map(([, name]) => name)
  expect(sections).toEqual(rules.map(({ alert }) => alert))
})

it('scrapes with the token', () => {
  const [job] = parse(read('deploy/prometheus/prometheus.yaml')).scrape_configs
  expect(job).toMatchObject({ job_name: 'gliabridge', metrics_path: '/metrics', authorization: { type: 'Bearer' } })
})
