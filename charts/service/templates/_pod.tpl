{{/*
The pod-bearing objects of a service. The root renders them, since what a pod is told (addresses, credentials) ties charts together and an
aliased chart sees its own values only; so a changed address changes the pod, which rolls it.

Each takes {service, environment, certificates, credentials}: this chart's context under its alias, the environment as a JSON map from a name to
{value}, certificates as a JSON map from the folder in /certificates to the Secret behind it, and the name of who has the Secret that is at /secrets
(empty: there is none). The Deployment also takes {awaits}: the context of the service whose migrations the pods wait for.
*/}}

{{- define "service.deployment" -}}
{{- $values := .service.Values }}
{{- $environment := .environment }}
{{- $certificates := .certificates }}
{{- $credentials := .credentials }}
{{- $labels := dict "context" .service "name" $values.workload "component" .service.Chart.Name }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $values.workload }}
  namespace: {{ $values.global.namespaces.services }}
  labels:
    {{- include "idempo.labels" $labels | nindent 4 }}
spec:
  {{- if not $values.autoscaling }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  selector:
    matchLabels:
      {{- include "idempo.selector" $labels | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "idempo.labels" $labels | nindent 8 }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- $scraped := dict }}
      {{- if and $values.metrics $values.ports.management }}
      {{- $scraped = dict "prometheus.io/scrape" "true" "prometheus.io/port" (toString $values.ports.management) }}
      {{- end }}
      {{- with merge (deepCopy $values.podAnnotations) $scraped }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "service.podSpec" (dict "service" .service "labels" $labels "certificates" $certificates "credentials" .credentials) | nindent 6 }}
      terminationGracePeriodSeconds: {{ add $values.drainSeconds $values.preStopSeconds 3 }}
      topologySpreadConstraints:
        {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
        - maxSkew: 1
          topologyKey: {{ $key }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "idempo.selector" $labels | nindent 14 }}
        {{- end }}
      {{- with .awaits }}
      initContainers:
        - name: await-migrations
          {{- include "service.container" (dict "service" $.service "image" .Values.image "environment" $environment "certificates" $certificates "credentials" $credentials "command" "await-migrations") | nindent 10 }}
          resources:
            {{- include "service.resources" $.service | nindent 12 }}
      {{- end }}
      containers:
        - name: {{ $values.workload }}
          {{- include "service.container" (dict "service" .service "environment" .environment "certificates" $certificates "credentials" $credentials) | nindent 10 }}
          ports:
            {{- with $values.ports.http }}
            - {name: http, containerPort: {{ . }}}
            {{- end }}
            {{- with $values.ports.management }}
            - {name: management, containerPort: {{ . }}}
            {{- end }}
          startupProbe:
            httpGet: {path: {{ $values.probes.liveness }}, port: {{ $values.probes.port }}}
            periodSeconds: 1
            failureThreshold: 60
          livenessProbe:
            httpGet: {path: {{ $values.probes.liveness }}, port: {{ $values.probes.port }}}
            periodSeconds: 10
            timeoutSeconds: 5
          readinessProbe:
            httpGet: {path: {{ $values.probes.readiness }}, port: {{ $values.probes.port }}}
            periodSeconds: 2
            timeoutSeconds: 2
          {{- with $values.preStopSeconds }}
          # The Service stops sending here before the process stops listening.
          lifecycle:
            preStop:
              sleep: {seconds: {{ . }}}
          {{- end }}
          resources:
            {{- include "service.resources" $.service | nindent 12 }}
{{- end }}

{{- define "service.migration" -}}
{{- $values := .service.Values }}
{{- $labels := dict "context" .service "name" (printf "%s-migrate" $values.workload) "component" "migrations" }}
{{- $template := include "service.migrationTemplate" (dict "service" .service "environment" .environment "certificates" .certificates "credentials" .credentials "labels" $labels) }}
apiVersion: batch/v1
kind: Job
metadata:
  # A Job's template cannot be changed: a changed one has a name of its own.
  name: {{ $values.workload }}-migrate-{{ sha256sum $template | trunc 8 }}
  namespace: {{ $values.global.namespaces.services }}
  labels:
    {{- include "idempo.labels" $labels | nindent 4 }}
spec:
  backoffLimit: 20
  template:
    {{- $template | nindent 4 }}
{{- end }}

{{- define "service.migrationTemplate" -}}
{{- $values := .service.Values }}
metadata:
  labels:
    {{- include "idempo.labels" .labels | nindent 4 }}
spec:
  {{- include "service.podSpec" (dict "service" .service "labels" .labels "certificates" .certificates "credentials" .credentials) | nindent 2 }}
  restartPolicy: OnFailure
  containers:
    - name: migrate
      {{- include "service.container" (dict "service" .service "environment" .environment "certificates" .certificates "credentials" .credentials "command" "migrate") | nindent 6 }}
      resources:
        {{- include "service.resources" $.service | nindent 8 }}
{{- end }}

{{/* What every pod of a service has. Takes {service, labels, certificates, credentials}. */}}
{{- define "service.podSpec" -}}
{{- $values := .service.Values }}
{{- with include "idempo.pullSecrets" $values.global | trim }}
{{- . }}
{{ end -}}
serviceAccountName: {{ $values.workload }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- include "idempo.podSecurityContext" . | nindent 2 }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
tolerations:
  {{- include "idempo.tolerations" $values.global | trim | nindent 2 }}
  {{- with $values.tolerations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  {{- range $index, $path := $values.writablePaths }}
  - name: writable-{{ $index }}
    emptyDir: {sizeLimit: 64Mi}
  {{- end }}
  {{- range $folder, $secret := fromJson .certificates }}
  - name: certificates-{{ $folder }}
    {{- if eq $folder "front-door" }}
    # Without its key; what issues certificates may make it later than the pods.
    secret: {secretName: {{ $secret }}, items: [{key: tls.crt, path: tls.crt}], optional: true}
    {{- else }}
    secret: {secretName: {{ $secret }}, items: [{key: ca.crt, path: ca.crt}]}
    {{- end }}
  {{- end }}
  {{- with .credentials }}
  - name: secrets
    secret: {secretName: {{ . }}-credentials}
  {{- end }}
  {{- with $values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* What every container of a service has. Takes {service, environment, certificates, credentials, command, image}: the last when it is another's. */}}
{{- define "service.container" -}}
{{- $values := .service.Values -}}
{{- $image := .image | default $values.image -}}
image: {{ include "idempo.image" (dict "global" $values.global "image" $image "tag" .service.Chart.AppVersion) }}
imagePullPolicy: {{ $image.pullPolicy }}
{{- with .command }}
args: [node, main.cjs, {{ . }}]
{{- end }}
securityContext:
  {{- include "idempo.containerSecurityContext" . | nindent 2 }}
env:
  {{- /* One of extraEnv takes the place of the chart's own whole, and no name is there twice. */}}
  {{- $environment := fromJson .environment }}
  {{- range $name, $source := $values.extraEnv }}
  {{- $_ := set $environment $name (kindIs "map" $source | ternary $source (dict "value" (include "idempo.text" $source))) }}
  {{- end }}
  {{- range $name, $source := $environment }}
  - name: {{ $name }}
    {{- toYaml $source | nindent 4 }}
  {{- end }}
{{- with $values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  {{- range $index, $path := $values.writablePaths }}
  - {name: writable-{{ $index }}, mountPath: {{ $path }}}
  {{- end }}
  {{- range $folder, $_ := fromJson .certificates }}
  - {name: certificates-{{ $folder }}, mountPath: /certificates/{{ $folder }}, readOnly: true}
  {{- end }}
  {{- if .credentials }}
  - {name: secrets, mountPath: /secrets, readOnly: true}
  {{- end }}
  {{- with $values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Takes the context. */}}
{{- define "service.resources" -}}
{{ include "idempo.resources" (dict "of" (printf "%s.resources" .Chart.Name) "resources" .Values.resources) }}
{{- end }}
