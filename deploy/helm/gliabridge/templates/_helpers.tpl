{{/* Labels of one part, "pages" or "analyses": (list . "pages") */}}
{{- define "gliabridge.labels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: gliabridge
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* The image: by digest where there is one. (list . "-cuda" digest) */}}
{{- define "gliabridge.image" -}}
{{- $root := index . 0 -}}
{{- with $root.Values.image -}}
{{- if index $ 2 -}}
{{ .repository }}@{{ index $ 2 }}
{{- else -}}
{{ .repository }}:{{ .tag | default $root.Chart.AppVersion }}{{ index $ 1 }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* The settings file: what the site states, on an address that the pod can be reached at. */}}
{{- define "gliabridge.site" -}}
{{- $http := dict "host" "0.0.0.0" "port" 8080 -}}
{{- mergeOverwrite (deepCopy .Values.site) (dict "http" (merge $http (.Values.site.http | default dict))) | toPrettyJson -}}
{{- end }}

{{- define "gliabridge.claim" -}}
{{ .Values.storage.existingClaim | default .Release.Name }}
{{- end }}

{{/* Ports for images and messages that are sent to the service, by name. */}}
{{- define "gliabridge.receiving" -}}
{{- $receive := .Values.site.receive | default dict -}}
{{- range $name := list "dimse" "hl7" }}
{{- with (index $receive $name | default dict).port }}
{{ $name }}: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{/* A deployment but for its part: (dict "root" . "part" "pages" "of" .Values.pages "image" … "gpu" …) */}}
{{- define "gliabridge.deployment" -}}
{{- $root := .root -}}
{{- $of := .of -}}
{{- $gpu := .gpu | default (dict "count" 0) -}}
{{- $receiving := ternary (include "gliabridge.receiving" $root | fromYaml) dict (eq .part "pages") -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $root.Release.Name }}-{{ .part }}
  labels:
    {{- include "gliabridge.labels" (list $root .part) | nindent 4 }}
spec:
  replicas: {{ $of.replicas }}
  selector:
    matchLabels:
      {{- include "gliabridge.labels" (list $root .part) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "gliabridge.labels" (list $root .part) | nindent 8 }}
      annotations:
        # Settings are read at the start: other settings, other pods.
        checksum/site: {{ include "gliabridge.site" $root | sha256sum }}
        prometheus.io/scrape: "true"
        prometheus.io/port: "8080"
    spec:
      serviceAccountName: {{ $root.Release.Name }}
      # SIGTERM: the step in hand is finished; what is left is taken up by another pod.
      terminationGracePeriodSeconds: 120
      {{- with $root.Values.image.pullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      nodeSelector:
        {{- mergeOverwrite (dict "kubernetes.io/os" "linux") (ternary $gpu.nodeSelector dict (gt (int $gpu.count) 0) | default dict) $of.nodeSelector | toYaml | nindent 8 }}
      {{- with concat $of.tolerations (ternary $gpu.tolerations list (gt (int $gpu.count) 0) | default list) }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        seccompProfile: { type: RuntimeDefault }
      containers:
        - name: gliabridge
          image: {{ .image }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args: [node, bin/gliabridge.mjs, serve, --only, {{ .part }}]
          env:
            - { name: GLIABRIDGE_CONFIG, value: /etc/gliabridge/site.json }
            - { name: DATABASE_URL_FILE, value: /run/secrets/gliabridge/database-url }
            {{- if gt (int $gpu.count) 0 }}
            - { name: GLIABRIDGE_INFERENCE_PROVIDERS, value: {{ $gpu.providers | quote }} }
            {{- if gt (int $gpu.count) 1 }}
            - { name: GLIABRIDGE_INFERENCE_GPUS, value: {{ join "," (until (int $gpu.count)) | quote }} }
            {{- end }}
            {{- end }}
            {{- range $name, $value := $root.Values.env }}
            - { name: {{ $name }}, value: {{ $value | quote }} }
            {{- end }}
          ports:
            - { name: http, containerPort: 8080 }
            {{- range $name, $port := $receiving }}
            - { name: {{ $name }}, containerPort: {{ $port }} }
            {{- end }}
          # /healthz, and not /readyz: a PACS that is down is told by metrics and pages, which a restart would take away (ADR 0024).
          startupProbe:
            httpGet: { path: /healthz, port: http }
            periodSeconds: 5
            failureThreshold: 24
          livenessProbe:
            httpGet: { path: /healthz, port: http }
            periodSeconds: 30
            timeoutSeconds: 5
          readinessProbe:
            httpGet: { path: /healthz, port: http }
            periodSeconds: 10
          resources:
            {{- $limits := $of.resources.limits | default dict }}
            {{- if gt (int $gpu.count) 0 }}
            {{- $limits = merge (dict $gpu.resource (int $gpu.count)) $limits }}
            {{- end }}
            {{- mergeOverwrite (deepCopy $of.resources) (dict "limits" $limits) | toYaml | nindent 12 }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: { drop: [ALL] }
          volumeMounts:
            - { name: site, mountPath: /etc/gliabridge, readOnly: true }
            - { name: secrets, mountPath: /run/secrets/gliabridge, readOnly: true }
            - { name: tmp, mountPath: /tmp }
            - { name: data, mountPath: /data }
      volumes:
        - name: site
          configMap: { name: {{ $root.Release.Name }}-site }
        - name: secrets
          secret: { secretName: {{ $root.Values.secretName }}, defaultMode: 288 }
        - name: tmp
          emptyDir: { sizeLimit: 4Gi }
        - name: data
          persistentVolumeClaim: { claimName: {{ include "gliabridge.claim" $root }} }
{{- end }}
