{{/* What cannot work fails here, before anything is created, and says which value mends it. */}}
{{- define "idempo.checks" -}}
{{- $values := .Values }}
{{- if $values.preflight.enabled }}
{{- $needs := dict }}
{{- if and $values.kafka.deploy (not $values.operators.strimzi) }}
{{- $_ := set $needs "kafka.strimzi.io/v1/Kafka" "operators.strimzi" }}
{{- end }}
{{- range $key, $database := include "idempo.databases" $values.databases | fromJson }}
{{- if and $database.deploy (not $values.operators.cloudnativePg) }}
{{- $_ := set $needs "postgresql.cnpg.io/v1/Cluster" "operators.cloudnativePg" }}
{{- end }}
{{- if and $database.deploy $values.databases.backup.destinationPath (not ($.Capabilities.APIVersions.Has "barmancloud.cnpg.io/v1/ObjectStore")) }}
{{- fail "databases.backup.destinationPath is set, and the cluster does not know barmancloud.cnpg.io/v1/ObjectStore: install the Barman Cloud plugin beside CloudNativePG (without a cluster: --api-versions barmancloud.cnpg.io/v1/ObjectStore, or --set preflight.enabled=false)" }}
{{- end }}
{{- end }}
{{- range $key, $service := .Subcharts }}
{{- with $service.Values.autoscaling }}
{{- if and $service.Values.enabled $values.autoscaling.keda (not $values.operators.keda) (or .requestsPerSecond .lag) }}
{{- $_ := set $needs "keda.sh/v1alpha1/ScaledObject" "operators.keda" }}
{{- end }}
{{- end }}
{{- end }}
{{- $gatewayApi := "gateway.networking.k8s.io/v1/HTTPRoute" }}
{{- if and $values.gatewayApi.enabled (not ($.Capabilities.APIVersions.Has $gatewayApi)) }}
{{- fail (printf "the cluster does not know %s, and gatewayApi.enabled is true: install the Gateway API and something that serves it, or open the front door with ingress.enabled=true (without a cluster: --api-versions %s, or --set preflight.enabled=false)" $gatewayApi $gatewayApi) }}
{{- end }}
{{- range $kind, $operator := $needs }}
{{- if not ($.Capabilities.APIVersions.Has $kind) }}
{{- fail (printf "the cluster does not know %s, and %s is false: install that operator, or let this release bring it with --set %s=true (without a cluster: --api-versions %s, or --set preflight.enabled=false)%s" $kind $operator $operator $kind (eq $operator "operators.keda" | ternary "; or scale by CPU alone, with --set autoscaling.keda=false" "")) }}
{{- end }}
{{- end }}
{{- end }}

{{- if and (not $values.kafka.deploy) (not $values.kafka.external.bootstrapServers) }}
{{- fail "kafka.deploy is false: say where Kafka is, with kafka.external.bootstrapServers" }}
{{- end }}
{{- if and (not $values.kafka.deploy) (eq $values.kafka.external.manage "job") (not $values.kafka.external.adminSecret) }}
{{- fail "kafka.external.manage is job: say whose Secret the Job signs in with, with kafka.external.adminSecret, or set manage to none" }}
{{- end }}
{{- if and (not $values.redis.deploy) (not $values.redis.external.nodes) }}
{{- fail "redis.deploy is false: say where Redis is, with redis.external.nodes" }}
{{- end }}

{{- if not $values.gateway.enabled }}
{{- fail "gateway.enabled is false, and all that players do comes by the gateway: leave it on (gateway.replicas=0 stops it)" }}
{{- end }}

{{- $namespace := $values.global.namespaces.monitoring }}
{{- range $chart, $key := dict "prometheus" "forceNamespace" "grafana" "namespaceOverride" "loki" "namespaceOverride" }}
{{- if and (index $values.monitoring $chart).deploy (ne (get (index $values $chart) $key) $namespace) }}
{{- fail (printf "%s would not be in the namespace %s: set %s.%s to it" $chart $namespace $chart $key) }}
{{- end }}
{{- end }}
{{- with $class := $values.global.storageClass }}
{{- range $path, $volume := dict
    "prometheus.server.persistentVolume.storageClass" $values.prometheus.server.persistentVolume
    "grafana.persistence.storageClassName" $values.grafana.persistence
    "loki.singleBinary.persistence.storageClass" $values.loki.singleBinary.persistence }}
{{- $chart := splitList "." $path | first }}
{{- if (index $values.monitoring $chart).deploy }}
{{- $own := get $volume (splitList "." $path | last) }}
{{- if and (dig "enabled" true $volume) (not (get $volume "existingClaim")) (ne $class (toString $own)) }}
{{- fail (printf "global.storageClass is %s, but the volume of %s would be of %s: set %s=%s" $class $chart ($own | default "the cluster's default class") $path $class) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- with $values.monitoring.prometheus.external }}
{{- if ne (empty .auth) (empty .existingSecret) }}
{{- fail "monitoring.prometheus.external: auth says how to sign in and existingSecret with what: set both or none" }}
{{- end }}
{{- end }}

{{- with $values.gatewayApi }}
{{- if and .enabled (eq (empty .className) (empty .existing.name)) }}
{{- fail "gatewayApi.enabled is true: say which Gateway, either with gatewayApi.className (one is made) or with gatewayApi.existing.name (it is there)" }}
{{- end }}
{{- if and .enabled .existing.name $values.global.tls.secretName }}
{{- fail "gatewayApi.existing.name names a Gateway that is there, and TLS is that Gateway's: leave global.tls.secretName empty" }}
{{- end }}
{{- if and .gke.enabled (not .enabled) }}
{{- fail "gatewayApi.gke.enabled is true, but gatewayApi.enabled is false: there is nothing its policies would apply to" }}
{{- end }}
{{- end }}

{{- $rarity := $values.economy.rewards.rarity }}
{{- if ne 100 (add $rarity.common $rarity.uncommon $rarity.rare | int) }}
{{- fail (printf "economy.rewards.rarity: the percentages add up to %d, not to 100" (add $rarity.common $rarity.uncommon $rarity.rare | int)) }}
{{- end }}

{{- range $key, $service := .Subcharts }}
{{- with $service.Values }}
{{- if and .enabled .workload }}
{{- $most := (.autoscaling | default (dict "max" .replicas)).max | int }}
{{- if .autoscaling }}
{{- if gt (int .replicas) 1 }}
{{- fail (printf "%s.replicas is %d, but %s.autoscaling counts its pods: set %s.autoscaling=null for a fixed number, or %s.replicas=null to have it scaled" $key (int .replicas) $key $key $key) }}
{{- end }}
{{- if gt (int .autoscaling.min) (int .autoscaling.max) }}
{{- fail (printf "%s.autoscaling.min (%d) is greater than max (%d)" $key (int .autoscaling.min) (int .autoscaling.max)) }}
{{- end }}
{{- if not (.resources.requests | default dict).cpu }}
{{- fail (printf "%s.autoscaling counts in percent of what is asked for, which is nothing: set %s.resources.requests.cpu" $key $key) }}
{{- end }}
{{- if and .autoscaling.lag (not .kafka) }}
{{- fail (printf "%s.autoscaling.lag: %s reads no topic" $key $key) }}
{{- end }}
{{- if and .autoscaling.requestsPerSecond (not .ports.http) }}
{{- fail (printf "%s.autoscaling.requestsPerSecond: %s answers no requests (%s.ports.http is 0)" $key $key $key) }}
{{- end }}
{{- if and .autoscaling.requestsPerSecond (not (and .metrics .ports.management)) }}
{{- fail (printf "%s.autoscaling.requestsPerSecond: nobody counts its requests (%s.metrics is false, or %s.ports.management is 0)" $key $key $key) }}
{{- end }}
{{- if and .autoscaling.requestsPerSecond $values.autoscaling.keda (not (include "idempo.prometheus" $)) }}
{{- fail (printf "%s.autoscaling.requestsPerSecond is asked of Prometheus: set monitoring.prometheus.deploy=true, or say where it is with monitoring.prometheus.external.address, or scale by CPU alone with autoscaling.keda=false" $key) }}
{{- end }}
{{- end }}
{{- if .kafka }}
{{- $user := get $values.kafka.users $key }}
{{- if not $user }}
{{- fail (printf "%s uses Kafka and has no user: add kafka.users.%s" $key $key) }}
{{- end }}
{{- range $user.reads }}
{{- $topic := hasSuffix ".dlq" . | ternary $values.kafka.dlq (get $values.kafka.topics .) | default dict }}
{{- $partitions := int $topic.partitions }}
{{- if gt $most $partitions }}
{{- fail (printf "%s may have %d replicas, but %s has only %d partitions, so that some would have nothing to do: lower %s.autoscaling.max or %s.replicas, or raise the partitions in kafka.topics" $key $most . $partitions $key $key) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- include "idempo.databaseChecks" . }}

{{- with trimSuffix "/" $values.global.imageRegistry }}
{{- if and $values.operators.strimzi (not (hasPrefix . (index $values "strimzi-kafka-operator").defaultImageRegistry)) }}
{{- fail (printf "global.imageRegistry is %s, but Strimzi's images would come from elsewhere: set strimzi-kafka-operator.defaultImageRegistry" .) }}
{{- end }}
{{- if and $values.operators.cloudnativePg (not (hasPrefix . (index $values "cloudnative-pg").image.repository)) }}
{{- fail (printf "global.imageRegistry is %s, but CloudNativePG's image would come from elsewhere: set cloudnative-pg.image.repository" .) }}
{{- end }}
{{- if $values.monitoring.prometheus.deploy }}
{{- range $path, $image := dict "server.image" $values.prometheus.server.image "configmapReload.prometheus.image" $values.prometheus.configmapReload.prometheus.image }}
{{- if not (hasPrefix $.Values.global.imageRegistry $image.repository) }}
{{- fail (printf "global.imageRegistry is %s, but Prometheus' images would come from elsewhere: set prometheus.%s.repository" $.Values.global.imageRegistry $path) }}
{{- end }}
{{- end }}
{{- end }}
{{- if $values.operators.keda }}
{{- range $part := list "keda" "metricsApiServer" "webhooks" }}
{{- if not (hasPrefix $.Values.global.imageRegistry (index $values.keda.image $part "registry")) }}
{{- fail (printf "global.imageRegistry is %s, but KEDA's images would come from elsewhere: set keda.image.%s.registry" $.Values.global.imageRegistry $part) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Grafana's and Jaeger's charts take them from global. */}}
{{- range $secret := $values.global.imagePullSecrets }}
{{- $missing := list }}
{{- range $path, $dependency := dict
    "strimzi-kafka-operator.image.imagePullSecrets" (list $values.operators.strimzi ((index $values "strimzi-kafka-operator").image | default dict).imagePullSecrets)
    "cloudnative-pg.imagePullSecrets" (list $values.operators.cloudnativePg (index $values "cloudnative-pg").imagePullSecrets)
    "keda.imagePullSecrets" (list $values.operators.keda $values.keda.imagePullSecrets)
    "prometheus.imagePullSecrets" (list $values.monitoring.prometheus.deploy $values.prometheus.imagePullSecrets)
    "loki.imagePullSecrets" (list $values.monitoring.loki.deploy $values.loki.imagePullSecrets) }}
{{- if and (first $dependency) (not (contains (toJson $secret) (last $dependency | toJson))) }}
{{- $missing = append $missing $path }}
{{- end }}
{{- end }}
{{- with $missing }}
{{- fail (printf "global.imagePullSecrets has %s, but pods of dependencies would pull without it: set %s to [{name: %s}]" $secret (join ", " .) $secret) }}
{{- end }}
{{- end }}
{{- end }}
