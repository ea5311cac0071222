{{/* The alerts: those of backups where there are any. Takes {context, backup}, which is `databases.backup`. */}}
{{- define "monitoring.rules" -}}
{{- $text := include "monitoring.file" (dict "context" .context "file" "rules.yaml") }}
{{- if .backup.destinationPath }}
{{- $backups := include "monitoring.file" (dict "context" .context "file" "backups.yaml") | splitList "groups:\n" | last }}
{{- $text = print $text "\n" ($backups | replace "26 * 3600" (printf "%d * 3600" (int .backup.maxAgeHours))) }}
{{- end }}
{{- with .context.Values.runbookUrl }}
{{- $text | replace "docs/alerts.md" . }}
{{- else }}
{{- regexReplaceAll "\n *runbook_url: .*" $text "" }}
{{- end }}
{{- end }}

{{/* Of what the Prometheus operator reads. */}}
{{- define "monitoring.operatedMetadata" -}}
namespace: {{ .Values.global.namespaces.monitoring }}
labels:
  {{- merge (include "monitoring.labels" . | fromYaml) .Values.prometheusOperator.labels | toYaml | nindent 2 }}
{{- end }}

{{/* Alerts for the Prometheus operator that the cluster has. Takes {context, backup}. */}}
{{- define "monitoring.prometheusRule" -}}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: idempo
  {{- include "monitoring.operatedMetadata" .context | nindent 2 }}
spec:
  {{- include "monitoring.rules" . | nindent 2 }}
{{- end }}

{{/* What the Prometheus of the release asks whom, and its alerts. Takes {context, backup}. */}}
{{- define "monitoring.prometheusConfig" -}}
{{- $rules := include "monitoring.rules" . }}
{{- with .context -}}
apiVersion: v1
kind: ConfigMap
metadata:
  # The name that its chart makes of configMapOverrideName.
  name: {{ .Release.Name }}-prometheus
  namespace: {{ .Values.global.namespaces.monitoring }}
  labels:
    {{- include "monitoring.labels" . | nindent 4 }}
data:
  prometheus.yml: |
    global:
      scrape_interval: 10s
      scrape_timeout: 5s
      evaluation_interval: 10s
    rule_files: [/etc/config/rules.yml]
    scrape_configs:
      - job_name: prometheus
        static_configs: [{targets: ["localhost:9090"]}]
      # Services say by an annotation that they are to be scraped; the operators name the ports of Kafka and PostgreSQL.
      - job_name: idempo
        kubernetes_sd_configs:
          - role: pod
            namespaces: {names: {{ include "monitoring.namespaces" . }}}
        relabel_configs:
          - source_labels: [__meta_kubernetes_pod_container_port_name, __meta_kubernetes_pod_annotation_prometheus_io_scrape]
            regex: management;true|tcp-prometheus;.*|metrics;.*
            action: keep
          - {action: labelmap, regex: "__meta_kubernetes_pod_label_(app_kubernetes_io_(?:name|instance|component))"}
          - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
          - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
      {{- if .Values.prometheus.volumes }}
      # How full the volumes are: of all that a kubelet tells, this alone is kept.
      - job_name: volumes
        scheme: https
        authorization: {credentials_file: /var/run/secrets/kubernetes.io/serviceaccount/token}
        # Most kubelets sign their certificates themselves.
        tls_config: {insecure_skip_verify: true}
        kubernetes_sd_configs: [{role: node}]
        metric_relabel_configs:
          - source_labels: [__name__, namespace]
            regex: kubelet_volume_stats_(?:available|capacity)_bytes;(?:{{ include "monitoring.namespaces" . | fromJsonArray | join "|" }}|{{ .Values.global.namespaces.monitoring }})
            action: keep
      {{- end }}
  rules.yml: |
    {{- $rules | nindent 4 }}
{{- end }}
{{- end }}
