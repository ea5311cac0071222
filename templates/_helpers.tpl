{{/* Helpers for this chart and its subcharts. */}}

{{/* Labels of an object. Takes {context, name, component}. */}}
{{- define "idempo.labels" -}}
{{ include "idempo.selector" . }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: idempo
app.kubernetes.io/managed-by: {{ .context.Release.Service }}
helm.sh/chart: idempo
{{- end }}

{{/* Labels that select the pods of a workload. Takes {context, name}. */}}
{{- define "idempo.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .context.Release.Name }}
{{- end }}

{{/* Full name of an image. Takes {global, image, tag}: the image's values and the tag for when they name none. */}}
{{- define "idempo.image" -}}
{{- $registry := .global.imageRegistry | default .image.registry -}}
{{- $name := printf "%s/%s" (trimSuffix "/" $registry) .image.repository -}}
{{- if .image.digest }}{{ $name }}@{{ .image.digest }}{{ else }}{{ $name }}:{{ .image.tag | default .tag }}{{ end }}
{{- end }}

{{/* imagePullSecrets of a pod. Takes global. */}}
{{- define "idempo.pullSecrets" -}}
{{- with .imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Tolerations of a pod without data: a node that is lost is left after global.unreachableSeconds. Takes global. */}}
{{- define "idempo.tolerations" -}}
{{- range list "not-ready" "unreachable" }}
- {key: node.kubernetes.io/{{ . }}, operator: Exists, effect: NoExecute, tolerationSeconds: {{ $.unreachableSeconds }}}
{{- end }}
{{- end }}

{{/* What the restricted Pod Security profile asks of a pod, and of a container. */}}
{{- define "idempo.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "idempo.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* A value as text. Helm's numbers are floats, which print themselves as 1e+06 from a million on; JSON writes them out. */}}
{{- define "idempo.text" -}}
{{- kindIs "string" . | ternary . (toJson .) }}
{{- end }}

{{/* An age such as 7d in milliseconds. */}}
{{- define "idempo.milliseconds" -}}
{{- $unit := dict "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 -}}
{{- mul (regexFind "^[0-9]+" . | int64) (get $unit (regexFind "[smhd]$" .) | int64) -}}
{{- end }}

{{/* A quantity such as 64Mi, 500m or 2, as a number. */}}
{{- define "idempo.quantity" -}}
{{- $unit := dict "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624 -}}
{{- /* A large number of YAML comes as 1.5e+09. */ -}}
{{- mulf (regexFind "^[0-9.e+]+" (toString .) | float64) (get $unit (regexFind "[a-zA-Z]+$" (toString .)) | default 1) -}}
{{- end }}

{{/* A quantity such as 64Mi in bytes. */}}
{{- define "idempo.bytes" -}}
{{- include "idempo.quantity" . | float64 | int64 -}}
{{- end }}

{{/* A map without what an overlay took away (null), as YAML. */}}
{{- define "idempo.present" -}}
{{- $present := dict }}
{{- range $key, $value := . }}
{{- if not (kindIs "invalid" $value) }}
{{- $_ := set $present $key $value }}
{{- end }}
{{- end }}
{{- toYaml $present }}
{{- end }}

{{/* Resources of a container, without what an overlay took away. Takes {of, resources}: the value that says them. */}}
{{- define "idempo.resources" -}}
{{- $resources := dict }}
{{- range $kind, $amounts := .resources }}
{{- with include "idempo.present" $amounts | fromYaml }}
{{- $_ := set $resources $kind . }}
{{- end }}
{{- end }}
{{- range $name, $limit := $resources.limits }}
{{- $request := dig "requests" $name "0" $resources }}
{{- if gt (include "idempo.quantity" $request | float64) (include "idempo.quantity" $limit | float64) }}
{{- fail (printf "%s.requests.%s (%v) is more than %s.limits.%s (%v): lower it, or raise the limit" $.of $name $request $.of $name $limit) }}
{{- end }}
{{- end }}
{{- toYaml $resources }}
{{- end }}

{{/* Keeps an object when the release goes. Takes global. */}}
{{- define "idempo.keep" -}}
{{- if .keepData }}
helm.sh/resource-policy: keep
{{- end }}
{{- end }}

{{/* Name in the cluster's DNS of a Service. Takes {name, namespace}. */}}
{{- define "idempo.host" -}}
{{ .name }}.{{ .namespace }}.svc
{{- end }}

{{/* The databases, as JSON: the values of databases without what is for all of them, and without those an overlay took away (null). */}}
{{- define "idempo.databases" -}}
{{- $databases := dict }}
{{- range $key, $database := omit . "global" "image" "pooler" "backup" "life" "recovery" }}
{{- if $database }}
{{- $_ := set $databases $key $database }}
{{- end }}
{{- end }}
{{- toJson $databases }}
{{- end }}

{{/*
Every topic with its dead letter queue, as JSON: name → {partitions, retentionBytes, config}, the last as Kafka has it. Takes the values of kafka.
*/}}
{{- define "idempo.topics" -}}
{{- $topics := dict }}
{{- range $name, $topic := .topics }}
{{- if $topic }}
{{- $_ := set $topics $name $topic }}
{{- $_ := set $topics (printf "%s.dlq" $name) $.dlq }}
{{- end }}
{{- end }}
{{- $described := dict }}
{{- range $name, $topic := $topics }}
{{- $bytes := include "idempo.bytes" $topic.retentionBytes | int64 }}
{{- /* Only whole segments are removed: small ones, so that retention.bytes holds. */}}
{{- $config := dict
    "retention.ms" (include "idempo.milliseconds" $topic.retention)
    "retention.bytes" (toString $bytes)
    "segment.bytes" (div $bytes 4 | toString)
    "min.insync.replicas" (toString $.replication.minInSync) }}
{{- if hasSuffix ".dlq" $name }}
{{- /* A record as large as a topic takes (1 MiB), and the headers that say what happened to it. */}}
{{- $_ := set $config "max.message.bytes" "1114112" }}
{{- end }}
{{- $_ := set $described $name (dict "partitions" (int $topic.partitions) "retentionBytes" $topic.retentionBytes "config" $config) }}
{{- end }}
{{- toJson $described }}
{{- end }}

{{/* What the front door leads to, as a JSON list of {path, workload, port}: one host, the gateway's paths first. */}}
{{- define "idempo.frontDoor" -}}
{{- $routes := list }}
{{- range list "/api" "/game/socket.io" "/notifications/socket.io" }}
{{- $routes = append $routes (dict "path" . "workload" $.Values.gateway.workload "port" $.Values.gateway.ports.http) }}
{{- end }}
{{- if .Values.web.enabled }}
{{- $routes = append $routes (dict "path" "/" "workload" .Values.web.workload "port" .Values.web.ports.http) }}
{{- end }}
{{- toJson $routes }}
{{- end }}
