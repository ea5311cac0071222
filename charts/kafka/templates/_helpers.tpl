{{- define "kafka.labels" -}}
{{ include "idempo.labels" (dict "context" . "name" "kafka" "component" "kafka") }}
strimzi.io/cluster: idempo
{{- end }}

{{- define "kafka.annotations" -}}
{{- with include "idempo.keep" .Values.global | trim }}
annotations:
  {{ . }}
{{- end }}
{{- end }}

{{/* The volume of a node, as it is in a pool's storage. Takes {context, size}. */}}
{{- define "kafka.storage" -}}
type: jbod
volumes:
  - id: 0
    type: persistent-claim
    size: {{ .size }}
    deleteClaim: {{ not .context.Values.global.keepData }}
    kraftMetadata: shared
    {{- with .context.Values.global.storageClass }}
    class: {{ . }}
    {{- end }}
{{- end }}

{{/* Pod of a node. Takes {context, pool}. */}}
{{- define "kafka.pod" -}}
{{- with include "idempo.pullSecrets" .context.Values.global | trim }}
{{ . }}
{{- end }}
{{- if .context.Values.rackAware }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: DoNotSchedule
    labelSelector:
      matchLabels: {strimzi.io/cluster: idempo, strimzi.io/pool-name: {{ .pool }}}
{{- end }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels: {strimzi.io/cluster: idempo, strimzi.io/pool-name: {{ .pool }}}
{{- end }}

{{/* What the restricted Pod Security profile asks of a container; its root stays writable, as Strimzi's images want it. */}}
{{- define "kafka.restricted" -}}
securityContext:
  allowPrivilegeEscalation: false
  runAsNonRoot: true
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
{{- end }}
