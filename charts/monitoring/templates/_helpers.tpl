{{- define "monitoring.labels" -}}
{{ include "idempo.labels" (dict "context" . "name" "monitoring" "component" "monitoring") }}
{{- end }}

{{/*
Whether an object of the Prometheus operator is made, as "true" or "": when the values say so, or when the cluster knows the kind. Takes
{context, kind}.
*/}}
{{- define "monitoring.operated" -}}
{{- $wanted := .context.Values.prometheusOperator.enabled }}
{{- if eq (toString $wanted) "auto" }}
{{- $wanted = .context.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" .kind) }}
{{- end }}
{{- ternary "true" "" $wanted }}
{{- end }}

{{/* Namespaces with something to scrape, as a JSON list. */}}
{{- define "monitoring.namespaces" -}}
{{- $names := .Values.global.namespaces }}
{{- list $names.services $names.kafka $names.databases | uniq | toJson }}
{{- end }}

{{/* A file that names namespaces as they are by default, with those of the values in their place. Takes {context, file}. */}}
{{- define "monitoring.file" -}}
{{- $names := .context.Values.global.namespaces }}
{{- .context.Files.Get .file
    | replace "namespace=\"idempo\"" (printf "namespace=%q" $names.services)
    | replace "namespace=\"databases\"" (printf "namespace=%q" $names.databases)
    | replace "idempo|kafka|databases|monitoring" (list $names.services $names.kafka $names.databases $names.monitoring | uniq | join "|") }}
{{- end }}
