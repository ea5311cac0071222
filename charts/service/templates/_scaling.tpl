{{/*
How many pods a service has, while `autoscaling` says so. The root renders it, since what a service scales by (Prometheus, a topic's lag)
is in other charts. Takes {service, triggers, scaleDown}: this chart's context under its alias, KEDA's triggers beside the CPU as a JSON list
(without any, Kubernetes' own autoscaler does), and the value autoscaling.scaleDown.
*/}}
{{- define "service.scaling" -}}
{{- $values := .service.Values }}
{{- $labels := dict "context" .service "name" $values.workload "component" .service.Chart.Name }}
{{- $triggers := fromJsonArray .triggers }}
{{- $scaleDown := .scaleDown }}
{{- with $values.autoscaling }}
{{- if $triggers }}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ $values.workload }}
  namespace: {{ $values.global.namespaces.services }}
  labels:
    {{- include "idempo.labels" $labels | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ $values.workload }}}
  minReplicaCount: {{ .min }}
  maxReplicaCount: {{ .max }}
  pollingInterval: 10
  # While a source is away, no fewer pods than there are.
  fallback:
    failureThreshold: 3
    replicas: {{ .min }}
    behavior: currentReplicasIfHigher
  advanced:
    horizontalPodAutoscalerConfig:
      name: {{ trimSuffix "-service" $values.workload }}-hpa
      behavior:
        {{- include "service.scalingBehavior" $scaleDown | nindent 8 }}
  triggers:
    {{- toYaml $triggers | nindent 4 }}
    {{- with .cpu }}
    - type: cpu
      metricType: Utilization
      metadata: {value: {{ . | quote }}}
    {{- end }}
{{- else }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $values.workload }}
  namespace: {{ $values.global.namespaces.services }}
  labels:
    {{- include "idempo.labels" $labels | nindent 4 }}
  annotations:
    # So that a ScaledObject may take its place in an upgrade, where both are there for a moment.
    validations.keda.sh/hpa-ownership: "false"
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ $values.workload }}}
  minReplicas: {{ .min }}
  maxReplicas: {{ .max }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ .cpu | default 70 }}}
  behavior:
    {{- include "service.scalingBehavior" $scaleDown | nindent 4 }}
{{- end }}
{{- end }}
{{- end }}

{{/* Out at once, to twice as many or four more in 15 s; in one by one, as slowly as the value autoscaling.scaleDown says, which it takes. */}}
{{- define "service.scalingBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  selectPolicy: Max
  policies:
    - {type: Percent, value: 100, periodSeconds: 15}
    - {type: Pods, value: 4, periodSeconds: 15}
scaleDown:
  stabilizationWindowSeconds: {{ .stabilizationSeconds }}
  policies:
    - {type: Pods, value: 1, periodSeconds: {{ .periodSeconds }}}
{{- end }}
