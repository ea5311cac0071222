{{/*
Who may open a connection to whom. The NetworkPolicies follow from this one list, both ends of each flow; docs/architecture.md has it as a
table, and a test compares the two.
*/}}

{{/* Which services a service calls by HTTP, as a JSON map from key to keys. */}}
{{- define "idempo.calls" -}}
{{- dict
    "gateway" (list "game" "wallet" "inventory" "marketplace" "leaderboard" "notification")
    "game" (list "wallet" "inventory")
    "wallet" (list "game")
    "marketplace" (list "wallet" "inventory")
    "notification" (list "gateway")
    "bots" (list "gateway")
    "web" (list "gateway")
    | toJson }}
{{- end }}

{{/*
The pods that are ours, as a JSON map from a name to {namespace, selector}: those of the chart, those that operators make for it, and of what else
comes with the release those that share a namespace with these.
*/}}
{{- define "idempo.parties" -}}
{{- $namespaces := .Values.global.namespaces }}
{{- $parties := dict }}
{{- range $name := include "idempo.workloads" . | fromJsonArray }}
{{- $labels := include "idempo.selector" (dict "context" $ "name" $name) | fromYaml }}
{{- $_ := set $parties $name (dict "namespace" $namespaces.services "selector" (dict "matchLabels" $labels)) }}
{{- end }}
{{- if .Values.redis.deploy }}
{{- $labels := include "idempo.selector" (dict "context" . "name" "redis") | fromYaml }}
{{- $_ := set $parties "redis" (dict "namespace" $namespaces.databases "selector" (dict "matchLabels" $labels)) }}
{{- end }}
{{- if .Values.kafka.deploy }}
{{- $pods := dict
    "kafka" (dict "app.kubernetes.io/name" "kafka")
    "kafka-entity-operator" (dict "strimzi.io/name" "idempo-entity-operator") }}
{{- if .Values.kafka.cruiseControl.enabled }}
{{- $_ := set $pods "cruise-control" (dict "strimzi.io/name" "idempo-cruise-control") }}
{{- end }}
{{- range $party, $labels := $pods }}
{{- $_ := set $labels "strimzi.io/cluster" "idempo" }}
{{- $_ := set $parties $party (dict "namespace" $namespaces.kafka "selector" (dict "matchLabels" $labels)) }}
{{- end }}
{{- end }}
{{- range $key, $database := include "idempo.databases" .Values.databases | fromJson }}
{{- if $database.deploy }}
{{- /* The servers, and the Jobs that set them up, which have no role. */}}
{{- $_ := set $parties (printf "%s-db" $key) (dict "namespace" $namespaces.databases "selector" (dict
    "matchLabels" (dict "cnpg.io/cluster" (printf "%s-db" $key))
    "matchExpressions" (list (dict "key" "cnpg.io/podRole" "operator" "NotIn" "values" (list "pooler"))))) }}
{{- if $database.pooler.instances }}
{{- $name := printf "%s-db-pooler" $key }}
{{- $_ := set $parties $name (dict "namespace" $namespaces.databases "selector" (dict "matchLabels" (dict "cnpg.io/poolerName" $name))) }}
{{- end }}
{{- end }}
{{- end }}
{{- if or .Values.ingress.enabled .Values.gatewayApi.enabled }}
{{- /* cert-manager's, while it gets the front door a certificate. */}}
{{- $_ := set $parties "acme-solver" (dict "namespace" $namespaces.services "selector" (dict "matchLabels" (dict "acme.cert-manager.io/http01-solver" "true"))) }}
{{- end }}
{{- $closed := list }}
{{- range $parties }}
{{- $closed = append $closed .namespace }}
{{- end }}
{{- range $name, $dependency := include "idempo.dependencies" . | fromJson }}
{{- if has .namespace $closed }}
{{- $_ := set $parties $name (dict "namespace" .namespace "selector" (dict "matchLabels" .labels)) }}
{{- end }}
{{- end }}
{{- toJson $parties }}
{{- end }}

{{/* What comes with the release beside operators and is no chart of ours, as a JSON map from a name to {namespace, labels}. */}}
{{- define "idempo.dependencies" -}}
{{- $release := .Release.Namespace }}
{{- $monitoring := .Values.global.namespaces.monitoring }}
{{- $dependencies := dict }}
{{- if .Values.operators.keda }}
{{- $_ := set $dependencies "keda-metrics-apiserver" (dict "namespace" $release "labels" (dict "app" "keda-operator-metrics-apiserver")) }}
{{- $_ := set $dependencies "keda-webhooks" (dict "namespace" $release "labels" (dict "app" "keda-admission-webhooks")) }}
{{- end }}
{{- range $name, $namespace := dict "prometheus" $monitoring "grafana" $monitoring "loki" $monitoring "jaeger" $release }}
{{- if (get $.Values.monitoring $name).deploy }}
{{- $_ := set $dependencies $name (dict "namespace" $namespace "labels" (dict "app.kubernetes.io/name" $name)) }}
{{- end }}
{{- end }}
{{- toJson $dependencies }}
{{- end }}

{{/* Names of the workloads in the services' namespace, as a JSON list: services, their migrations, and the chart's own Jobs. */}}
{{- define "idempo.workloads" -}}
{{- $workloads := list "idempo-credentials" "idempo-cleanup" "idempo-test" }}
{{- $external := or (not .Values.kafka.deploy) (not .Values.redis.deploy) }}
{{- range include "idempo.databases" .Values.databases | fromJson }}
{{- $external = or $external (not .deploy) }}
{{- end }}
{{- if $external }}
{{- $workloads = append $workloads "idempo-stores" }}
{{- end }}
{{- range $service := .Subcharts }}
{{- with $service.Values }}
{{- if and .enabled .workload }}
{{- $workloads = append $workloads .workload }}
{{- if .migrations }}
{{- $workloads = append $workloads (printf "%s-migrate" .workload) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $workloads }}
{{- end }}

{{/*
Who is not ours, as a JSON map from a name to peers of a NetworkPolicy; no peers: anywhere. An operator is looked for in the release's
namespace when it comes with this release, and by its labels alone when it does not.
*/}}
{{- define "idempo.strangers" -}}
{{- $values := .Values }}
{{- $policies := $values.networkPolicies }}
{{- $strangers := dict "clients" $policies.ingressFrom "api-server" $policies.apiServer.to "dns" $policies.dns.to "outside" list }}
{{- $_ := set $strangers "cloud-metadata" (list (dict "ipBlock" (dict "cidr" "169.254.0.0/16"))) }}
{{- range $name, $dependency := include "idempo.dependencies" . | fromJson }}
{{- $_ := set $strangers $name (list (dict
    "namespaceSelector" (dict "matchLabels" (dict "kubernetes.io/metadata.name" .namespace))
    "podSelector" (dict "matchLabels" .labels))) }}
{{- end }}
{{- $prometheus := dict
    "namespaceSelector" (dict "matchLabels" (dict "kubernetes.io/metadata.name" $values.global.namespaces.monitoring))
    "podSelector" (dict "matchLabels" (dict "app.kubernetes.io/name" "prometheus")) }}
{{- $_ := set $strangers "prometheus" ($policies.metricsFrom | default (list $prometheus)) }}
{{- range $operator, $labels := include "idempo.operatorLabels" . | fromJson }}
{{- $selector := get $values.operators $operator | ternary (dict "matchLabels" (dict "kubernetes.io/metadata.name" $.Release.Namespace)) dict }}
{{- $_ := set $strangers $operator (list (dict "namespaceSelector" $selector "podSelector" (dict "matchLabels" $labels))) }}
{{- end }}
{{- toJson $strangers }}
{{- end }}

{{/* Labels of the operators' pods, as a JSON map by the names in values.operators. */}}
{{- define "idempo.operatorLabels" -}}
{{- dict
    "strimzi" (dict "strimzi.io/kind" "cluster-operator")
    "cloudnativePg" (dict "app.kubernetes.io/name" "cloudnative-pg")
    "keda" (dict "app" "keda-operator")
    | toJson }}
{{- end }}

{{/* The flows, as a JSON list of {from, to, ports}, by the names above. */}}
{{- define "idempo.flows" -}}
{{- $values := .Values }}
{{- $calls := include "idempo.calls" . | fromJson }}
{{- $api := $values.networkPolicies.apiServer.ports }}
{{- $flows := list
    (dict "from" "idempo-credentials" "to" "api-server" "ports" $api)
    (dict "from" "idempo-cleanup" "to" "api-server" "ports" $api)
    (dict "from" "idempo-test" "to" $values.web.workload "ports" (list $values.web.ports.http))
    (dict "from" "idempo-test" "to" $values.dlq.workload "ports" (list $values.dlq.ports.http))
    (dict "from" "clients" "to" $values.web.workload "ports" (list $values.web.ports.http))
    (dict "from" "clients" "to" "acme-solver" "ports" (list 8089)) }}
{{- if not $values.web.enabled }}
{{- $flows = append $flows (dict "from" "idempo-test" "to" $values.gateway.workload "ports" (list $values.gateway.ports.http)) }}
{{- end }}
{{- if or $values.ingress.enabled $values.gatewayApi.enabled (ne "ClusterIP" $values.gateway.service.type) (not $values.web.enabled) }}
{{- $flows = append $flows (dict "from" "clients" "to" $values.gateway.workload "ports" (list $values.gateway.ports.http)) }}
{{- end }}
{{- $asking := list "idempo-test" "idempo-stores" "kafka" "kafka-entity-operator" }}
{{- if not $values.kafka.deploy }}
{{- $flows = concat $flows (include "idempo.kafkaFlows" (dict "root" $ "from" "idempo-stores") | fromJsonArray) }}
{{- end }}
{{- if not $values.redis.deploy }}
{{- $flows = concat $flows (include "idempo.redisFlows" (dict "root" $ "from" "idempo-stores") | fromJsonArray) }}
{{- end }}
{{- range $key, $database := include "idempo.databases" $values.databases | fromJson }}
{{- if not $database.deploy }}
{{- $flows = concat $flows (include "idempo.databaseFlows" (dict "root" $ "from" "idempo-stores" "database" $key) | fromJsonArray) }}
{{- end }}
{{- end }}

{{- range $key, $service := .Subcharts }}
{{- with $service.Values }}
{{- if and .enabled .workload }}
{{- $workload := .workload }}
{{- $asking = append $asking $workload }}
{{- range $called := get $calls $key | default list }}
{{- $port := index $values $called "ports" "http" }}
{{- $flows = append $flows (dict "from" $workload "to" (index $values $called "workload") "ports" (list $port)) }}
{{- end }}
{{- with .ports.management }}
{{- $flows = append $flows (dict "from" "prometheus" "to" $workload "ports" (list .)) }}
{{- end }}
{{- if .metrics }}
{{- $flows = concat $flows (include "idempo.telemetryFlows" (dict "root" $ "from" $workload) | fromJsonArray) }}
{{- end }}
{{- if .kafka }}
{{- $flows = concat $flows (include "idempo.kafkaFlows" (dict "root" $ "from" $workload) | fromJsonArray) }}
{{- end }}
{{- if and $values.autoscaling.keda .kafka (.autoscaling | default dict).lag }}
{{- $flows = concat $flows (include "idempo.kafkaFlows" (dict "root" $ "from" "keda") | fromJsonArray) }}
{{- end }}
{{- if .redis }}
{{- $flows = concat $flows (include "idempo.redisFlows" (dict "root" $ "from" $workload) | fromJsonArray) }}
{{- end }}
{{- with .database }}
{{- $flows = concat $flows (include "idempo.databaseFlows" (dict "root" $ "from" $workload "database" . "pooled" true) | fromJsonArray) }}
{{- end }}
{{- if .migrations }}
{{- $migrations := printf "%s-migrate" $workload }}
{{- $asking = append $asking $migrations }}
{{- $flows = concat $flows (include "idempo.databaseFlows" (dict "root" $ "from" $migrations "database" .database) | fromJsonArray) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Strimzi: replication and the controllers' quorum, and the operators that look after them. Nodes read their certificates from the API. */}}
{{- $flows = concat $flows (list
    (dict "from" "kafka" "to" "kafka" "ports" (list 9090 9091))
    (dict "from" "strimzi" "to" "kafka" "ports" (list 9090 9091 8443))
    (dict "from" "kafka-entity-operator" "to" "kafka" "ports" (list 9091))
    (dict "from" "prometheus" "to" "kafka" "ports" (list 9404))
    (dict "from" "kafka" "to" "api-server" "ports" $api)
    (dict "from" "kafka-entity-operator" "to" "api-server" "ports" $api)) }}
{{- if $values.kafka.cruiseControl.enabled }}
{{- $asking = append $asking "cruise-control" }}
{{- $flows = concat $flows (list
    (dict "from" "cruise-control" "to" "kafka" "ports" (list 9091))
    (dict "from" "strimzi" "to" "cruise-control" "ports" (list 9090))
    (dict "from" "kafka-entity-operator" "to" "cruise-control" "ports" (list 9090))) }}
{{- end }}

{{- /* CloudNativePG: replication (5432), and how servers and operator ask each how it is (8000). */}}
{{- range $key, $database := include "idempo.databases" $values.databases | fromJson }}
{{- $servers := printf "%s-db" $key }}
{{- $asking = append $asking $servers }}
{{- $flows = concat $flows (list
    (dict "from" $servers "to" $servers "ports" (list 5432 8000))
    (dict "from" "cloudnativePg" "to" $servers "ports" (list 5432 8000))
    (dict "from" "prometheus" "to" $servers "ports" (list 9187))
    (dict "from" $servers "to" "api-server" "ports" $api)) }}
{{- if $database.pooler.instances }}
{{- $pooler := printf "%s-db-pooler" $key }}
{{- $asking = append $asking $pooler }}
{{- $flows = concat $flows (list
    (dict "from" $pooler "to" $servers "ports" (list 5432))
    (dict "from" "prometheus" "to" $pooler "ports" (list 9127))
    (dict "from" $pooler "to" "api-server" "ports" $api)) }}
{{- end }}
{{- with $values.databases.backup }}
{{- if .destinationPath }}
{{- /* The object storage; and where a service account gets its sign-in to it, when it is not that storage's own (EKS, GKE). */}}
{{- $flows = append $flows (dict "from" $servers "to" "outside" "ports" (list (include "idempo.urlPort" (.endpointUrl | default "https://storage") | int))) }}
{{- if not .existingSecret }}
{{- $flows = append $flows (dict "from" $servers "to" "cloud-metadata" "ports" (list 80 988)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The nodes of a Redis Cluster: replication, and what they tell each other. */}}
{{- if and $values.redis.deploy (eq $values.redis.mode "cluster") }}
{{- $asking = append $asking "redis" }}
{{- $flows = append $flows (dict "from" "redis" "to" "redis" "ports" (list 6379 16379)) }}
{{- end }}

{{- /* What else comes with the release. The API server may call KEDA from anywhere: it may come by a tunnel. */}}
{{- $asking = concat $asking (list "keda-metrics-apiserver" "keda-webhooks" "prometheus" "grafana" "loki") }}
{{- $flows = concat $flows (list
    (dict "from" "outside" "to" "keda-metrics-apiserver" "ports" (list 6443))
    (dict "from" "outside" "to" "keda-webhooks" "ports" (list 9443))
    (dict "from" "keda-metrics-apiserver" "to" "keda" "ports" (list 9666))
    (dict "from" "keda-metrics-apiserver" "to" "api-server" "ports" $api)
    (dict "from" "keda-webhooks" "to" "api-server" "ports" $api)
    (dict "from" "keda" "to" "prometheus" "ports" (list 9090))
    (dict "from" "grafana" "to" "prometheus" "ports" (list 9090))
    (dict "from" "grafana" "to" "loki" "ports" (list 3100))
    (dict "from" "grafana" "to" "jaeger" "ports" (list 16686))
    (dict "from" "prometheus" "to" "api-server" "ports" $api)) }}
{{- with $values.monitoring.prometheus }}
{{- /* The kubelets. */}}
{{- if .volumes }}
{{- $flows = append $flows (dict "from" "prometheus" "to" "outside" "ports" (list 10250)) }}
{{- end }}
{{- if and (not .deploy) .external.address }}
{{- $flows = append $flows (dict "from" "grafana" "to" "outside" "ports" (list (include "idempo.urlPort" .external.address | int))) }}
{{- end }}
{{- end }}

{{- range $asking }}
{{- $flows = append $flows (dict "from" . "to" "dns" "ports" $values.networkPolicies.dns.ports "protocols" (list "UDP" "TCP")) }}
{{- end }}
{{- toJson $flows }}
{{- end }}

{{/* Ports of addresses host:port,host:port, as a JSON list. */}}
{{- define "idempo.portsOf" -}}
{{- $ports := list }}
{{- range splitList "," . }}
{{- $ports = append $ports (splitList ":" . | last | trim | int) }}
{{- end }}
{{- $ports | uniq | toJson }}
{{- end }}

{{/* Port of a URL. */}}
{{- define "idempo.urlPort" -}}
{{- $url := urlParse . }}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (eq $url.scheme "https" | ternary "443" "80") }}
{{- end }}

{{/* How a party gets to a store, ours or one outside. Each takes {root, from}. */}}
{{- define "idempo.kafkaFlows" -}}
{{- $kafka := .root.Values.kafka }}
{{- if $kafka.deploy }}
{{- list (dict "from" .from "to" "kafka" "ports" (list ($kafka.tls | ternary 9093 9092))) | toJson }}
{{- else }}
{{- list (dict "from" .from "to" "outside" "ports" (include "idempo.portsOf" $kafka.external.bootstrapServers | fromJsonArray)) | toJson }}
{{- end }}
{{- end }}

{{- define "idempo.redisFlows" -}}
{{- $redis := .root.Values.redis }}
{{- if $redis.deploy }}
{{- list (dict "from" .from "to" "redis" "ports" (list 6379)) | toJson }}
{{- else }}
{{- list (dict "from" .from "to" "outside" "ports" (include "idempo.portsOf" $redis.external.nodes | fromJsonArray)) | toJson }}
{{- end }}
{{- end }}

{{/* Takes {root, from, database, pooled}: whether it also goes by the pooler. */}}
{{- define "idempo.databaseFlows" -}}
{{- $database := index .root.Values.databases .database }}
{{- if $database.deploy }}
{{- $flows := list (dict "from" .from "to" (printf "%s-db" .database) "ports" (list 5432)) }}
{{- if and .pooled $database.pooler.instances }}
{{- $flows = append $flows (dict "from" .from "to" (printf "%s-db-pooler" .database) "ports" (list 5432)) }}
{{- end }}
{{- toJson $flows }}
{{- else }}
{{- list (dict "from" .from "to" "outside" "ports" (list $database.external.port)) | toJson }}
{{- end }}
{{- end }}

{{/* Where traces and logs go. Takes {root, from}. */}}
{{- define "idempo.telemetryFlows" -}}
{{- $monitoring := .root.Values.monitoring }}
{{- $flows := list }}
{{- if $monitoring.jaeger.deploy }}
{{- $flows = append $flows (dict "from" .from "to" "jaeger" "ports" (list 4318)) }}
{{- else if $monitoring.jaeger.external.endpoint }}
{{- $flows = append $flows (dict "from" .from "to" "outside" "ports" (list (include "idempo.urlPort" $monitoring.jaeger.external.endpoint | int))) }}
{{- end }}
{{- if $monitoring.loki.deploy }}
{{- $flows = append $flows (dict "from" .from "to" "loki" "ports" (list 3100)) }}
{{- end }}
{{- toJson $flows }}
{{- end }}
