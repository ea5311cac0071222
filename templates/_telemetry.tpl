{{/*
Where a service's traces and logs go, as a JSON map from a name to {value}: OpenTelemetry's own variables, none of them while they go nowhere.
Takes {root, workload}.
*/}}
{{- define "idempo.telemetryEnvironment" -}}
{{- $values := .root.Values }}
{{- $traces := $values.monitoring.jaeger.external.endpoint }}
{{- if $values.monitoring.jaeger.deploy }}
{{- /* Its chart has no namespace of its own. */}}
{{- $traces = printf "http://%s:4318" (include "idempo.host" (dict "name" "jaeger" "namespace" .root.Release.Namespace)) }}
{{- end }}
{{- $logs := "" }}
{{- if $values.monitoring.loki.deploy }}
{{- $logs = printf "http://%s:3100/otlp" (include "idempo.host" (dict "name" "loki" "namespace" $values.global.namespaces.monitoring)) }}
{{- end }}
{{- $env := dict }}
{{- if or $traces $logs }}
{{- $env = dict
    "OTEL_SERVICE_NAME" .workload
    "OTEL_EXPORTER_OTLP_ENDPOINT" ($traces | default $logs)
    "OTEL_TRACES_EXPORTER" (empty $traces | ternary "none" "otlp")
    "OTEL_TRACES_SAMPLER" "parentbased_traceidratio"
    "OTEL_TRACES_SAMPLER_ARG" (toString $values.monitoring.jaeger.sampleRatio)
    "OTEL_LOGS_EXPORTER" (empty $logs | ternary "none" "otlp")
    "OTEL_METRICS_EXPORTER" "none" }}
{{- with $logs }}
{{- $_ := set $env "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT" (printf "%s/v1/logs" .) }}
{{- end }}
{{- end }}
{{- $variables := dict }}
{{- range $name, $value := $env }}
{{- $_ := set $variables $name (dict "value" $value) }}
{{- end }}
{{- toJson $variables }}
{{- end }}
