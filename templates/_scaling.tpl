{{/* What services scale by beside their CPU: KEDA's triggers, and how KEDA signs in where they lead. */}}

{{/* Triggers of a service, as a JSON list; empty without KEDA. Takes {root, key, service}. */}}
{{- define "idempo.triggers" -}}
{{- $root := .root }}
{{- $values := .service.Values }}
{{- $by := $values.autoscaling }}
{{- $triggers := list }}
{{- if and $by $root.Values.autoscaling.keda }}
{{- with $by.requestsPerSecond }}
{{- $pods := printf "{namespace=%q,app_kubernetes_io_name=%q}" $values.global.namespaces.services $values.workload }}
{{- /* Nobody has asked yet: 0. No pod can be seen: no answer, which is not 0. */}}
{{- $query := printf "sum(rate(http_request_duration_seconds_count%s[1m])) or (0 * sum(up%s == 1) unless sum(http_request_duration_seconds_count%s))" $pods $pods $pods }}
{{- $trigger := dict "type" "prometheus" "name" "requests" "metricType" "AverageValue" "metadata" (dict
    "serverAddress" (include "idempo.prometheus" $root)
    "query" $query
    "threshold" (toString .)
    "ignoreNullValues" "false") }}
{{- with $root.Values.monitoring.prometheus }}
{{- if and (not .deploy) .external.auth }}
{{- $_ := set $trigger.metadata "authModes" .external.auth }}
{{- $_ := set $trigger "authenticationRef" (dict "name" "idempo-prometheus") }}
{{- end }}
{{- end }}
{{- $triggers = append $triggers $trigger }}
{{- end }}
{{- with $by.lag }}
{{- /* version: the oldest protocol that Kafka 4 speaks; KEDA's default is older. */}}
{{- $env := include "idempo.environment" $ | fromJson }}
{{- range $topic := (index $root.Values.kafka.users $.key).reads }}
{{- $triggers = append $triggers (dict "type" "kafka" "name" $topic "metricType" "AverageValue" "authenticationRef" (dict "name" $values.workload) "metadata" (dict
    "bootstrapServers" $env.KAFKA_BROKERS.value
    "consumerGroup" $.key
    "topic" $topic
    "lagThreshold" (include "idempo.text" $by.lag)
    "offsetResetPolicy" "earliest"
    "sasl" (get (dict "SCRAM-SHA-256" "scram_sha256" "PLAIN" "plaintext") (dig "KAFKA_SASL_MECHANISM" "value" "" $env) | default "scram_sha512")
    "tls" (eq "true" (dig "KAFKA_TLS" "value" "false" $env) | ternary "enable" "disable")
    "version" "2.1.0")) }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $triggers }}
{{- end }}

{{/* Where Prometheus answers; empty: nowhere. Takes the root. */}}
{{- define "idempo.prometheus" -}}
{{- with .Values.monitoring.prometheus }}
{{- if .deploy -}}
http://{{ include "idempo.host" (dict "name" "prometheus" "namespace" $.Values.global.namespaces.monitoring) }}:9090
{{- else -}}
{{ trimSuffix "/" .external.address }}
{{- end }}
{{- end }}
{{- end }}

{{/*
How KEDA signs in for a trigger, as the spec of a TriggerAuthentication in JSON: to Prometheus as the values say, to Kafka as the service's
own user, which may describe its group and its topics. Takes {root, key, service, name}.
*/}}
{{- define "idempo.triggerAuthentication" -}}
{{- if eq .name "idempo-prometheus" }}
{{- $external := .root.Values.monitoring.prometheus.external }}
{{- $references := list }}
{{- range get (dict "bearer" (list "bearerToken") "basic" (list "username" "password")) $external.auth }}
{{- $references = append $references (dict "parameter" . "name" $external.existingSecret "key" .) }}
{{- end }}
{{- dict "secretTargetRef" $references | toJson }}
{{- else }}
{{- $references := list (dict "parameter" "password" "name" (printf "%s-credentials" .service.Values.workload) "key" "KAFKA_PASSWORD") }}
{{- with get (include "idempo.certificates" . | fromJson) "kafka" }}
{{- $references = append $references (dict "parameter" "ca" "name" . "key" "ca.crt") }}
{{- end }}
{{- dict "env" (list (dict "parameter" "username" "name" "KAFKA_USERNAME" "containerName" .service.Values.workload)) "secretTargetRef" $references | toJson }}
{{- end }}
{{- end }}
