{{/* What each service is told about the others: all addresses, and where its credentials are. */}}

{{/* Secrets in the services' namespace. Each takes what names it. */}}
{{- define "idempo.kafkaSecret" -}}
{{ (index .root.Values.kafka.users .user).existingSecret | default (printf "idempo-kafka-%s" .user) }}
{{- end }}
{{- define "idempo.databaseSecret" -}}
{{ (index .root.Values.databases .database "roles" .role).existingSecret | default (printf "idempo-database-%s-%s" .database (.role | replace "_" "-")) }}
{{- end }}
{{- define "idempo.redisSecret" -}}
{{ .root.Values.redis.existingSecret | default "idempo-redis" }}
{{- end }}
{{- define "idempo.jwtSecret" -}}
{{ .root.Values.gateway.jwt.existingSecret | default "idempo-jwt" }}
{{- end }}
{{- define "idempo.matchTokenSecret" -}}
{{ .root.Values.game.matchToken.existingSecret | default "idempo-match-token" }}
{{- end }}

{{- define "idempo.botsSecret" -}}
{{ .root.Values.bots.signIn.existingSecret | default "idempo-bots" }}
{{- end }}
{{- define "idempo.operatorSecret" -}}
{{ .root.Values.dlq.operator.existingSecret | default "idempo-dlq" }}
{{- end }}

{{/* Secret in the services' namespace whose ca.crt a database's certificate is verified by; empty: none is. Takes {root, database}. */}}
{{- define "idempo.databaseCa" -}}
{{- $database := index .root.Values.databases .database }}
{{- if eq $database.tls "verify-full" -}}
{{ $database.deploy | ternary (printf "idempo-database-%s-ca" .database) $database.external.caSecret }}
{{- end }}
{{- end }}

{{/* The same of Kafka's brokers. Takes the root. */}}
{{- define "idempo.kafkaCa" -}}
{{- with .Values.kafka }}
{{- if not .deploy -}}
{{ .external.tls | ternary .external.caSecret "" }}
{{- else if .tls -}}
idempo-kafka-ca
{{- end }}
{{- end }}
{{- end }}

{{/*
What a service trusts, and of the gateway what the front door shows, as a JSON map from the folder in /certificates to the Secret behind it. Takes
{root, key, service}.
*/}}
{{- define "idempo.certificates" -}}
{{- $root := .root }}
{{- $certificates := dict }}
{{- with .service.Values.database }}
{{- with include "idempo.databaseCa" (dict "root" $root "database" .) }}
{{- $_ := set $certificates "database" . }}
{{- end }}
{{- end }}
{{- if .service.Values.kafka }}
{{- with include "idempo.kafkaCa" $root }}
{{- $_ := set $certificates "kafka" . }}
{{- end }}
{{- end }}
{{- if eq .key "gateway" }}
{{- with $root.Values.global.tls.secretName }}
{{- $_ := set $certificates "front-door" . }}
{{- end }}
{{- end }}
{{- toJson $certificates }}
{{- end }}

{{/* A variable from a Secret's key, as JSON. */}}
{{- define "idempo.fromSecret" -}}
{{- $reference := dict "name" .secret "key" .key }}
{{- if .optional }}{{ $_ := set $reference "optional" true }}{{ end }}
{{- dict "valueFrom" (dict "secretKeyRef" $reference) | toJson }}
{{- end }}

{{/* The database's part of an environment, as a JSON map. Takes {root, database, role, reads}: whether some reads go to a standby. */}}
{{- define "idempo.databaseEnvironment" -}}
{{- $database := index .root.Values.databases .database }}
{{- $secret := include "idempo.databaseSecret" . }}
{{- $env := dict
    "DATABASE_TLS" (dict "value" $database.tls)
    "DATABASE_NAME" (dict "value" $database.name)
    "DATABASE_USER" (include "idempo.fromSecret" (dict "secret" $secret "key" "username") | fromJson)
    "DATABASE_PASSWORD" (include "idempo.fromSecret" (dict "secret" $secret "key" "password") | fromJson) }}
{{- if include "idempo.databaseCa" . }}
{{- $_ := set $env "DATABASE_TLS_CA_FILE" (dict "value" "/certificates/database/ca.crt") }}
{{- end }}
{{- if $database.deploy }}
{{- $namespace := .root.Values.global.namespaces.databases }}
{{- $primary := include "idempo.host" (dict "name" (printf "%s-db-rw" .database) "namespace" $namespace) }}
{{- $_ := set $env "DATABASE_HOST" (dict "value" $primary) }}
{{- if and $database.pooler.instances (ne .role "owner") }}
{{- $_ := set $env "DATABASE_HOST" (dict "value" (include "idempo.host" (dict "name" (printf "%s-db-pooler" .database) "namespace" $namespace))) }}
{{- $_ := set $env "DATABASE_DIRECT_HOST" (dict "value" $primary) }}
{{- end }}
{{- if and .reads (gt (int $database.instances) 1) }}
{{- $_ := set $env "DATABASE_READ_HOST" (dict "value" (include "idempo.host" (dict "name" (printf "%s-db-ro" .database) "namespace" $namespace))) }}
{{- end }}
{{- else }}
{{- $_ := set $env "DATABASE_HOST" (dict "value" $database.external.host) }}
{{- $_ := set $env "DATABASE_PORT" (dict "value" (toString $database.external.port)) }}
{{- if and .reads $database.external.readHost }}
{{- $_ := set $env "DATABASE_READ_HOST" (dict "value" $database.external.readHost) }}
{{- end }}
{{- end }}
{{- toJson $env }}
{{- end }}

{{/* How Kafka is reached, as a JSON map from a name to {value}. Takes the root. */}}
{{- define "idempo.kafkaEnvironment" -}}
{{- $kafka := .Values.kafka }}
{{- $plain := dict }}
{{- with include "idempo.kafkaCa" . }}
{{- $_ := set $plain "KAFKA_TLS_CA_FILE" "/certificates/kafka/ca.crt" }}
{{- end }}
{{- if $kafka.deploy }}
{{- $host := include "idempo.host" (dict "name" "idempo-kafka-bootstrap" "namespace" .Values.global.namespaces.kafka) }}
{{- $_ := set $plain "KAFKA_BROKERS" (printf "%s:%s" $host ($kafka.tls | ternary "9093" "9092")) }}
{{- $_ := set $plain "KAFKA_SESSION_TIMEOUT_MS" "4000" }}
{{- if $kafka.tls }}
{{- $_ := set $plain "KAFKA_TLS" "true" }}
{{- end }}
{{- else }}
{{- $_ := set $plain "KAFKA_BROKERS" $kafka.external.bootstrapServers }}
{{- $_ := set $plain "KAFKA_TLS" (toString $kafka.external.tls) }}
{{- $_ := set $plain "KAFKA_SASL_MECHANISM" $kafka.external.sasl.mechanism }}
{{- end }}
{{- $env := dict }}
{{- range $name, $value := $plain }}
{{- $_ := set $env $name (dict "value" $value) }}
{{- end }}
{{- toJson $env }}
{{- end }}

{{/* What of an environment is in no Secret, as a JSON map from a name to its value. Takes the environment as JSON. */}}
{{- define "idempo.plainEnvironment" -}}
{{- $plain := dict }}
{{- range $name, $source := fromJson . }}
{{- with $source.value }}
{{- $_ := set $plain $name . }}
{{- end }}
{{- end }}
{{- toJson $plain }}
{{- end }}

{{/* Everything that a service is told, as a JSON map from a name to {value} or {valueFrom}. Takes {root, key, service}. */}}
{{- define "idempo.environment" -}}
{{- $root := .root }}
{{- $values := .service.Values }}
{{- $namespaces := $values.global.namespaces }}
{{- $env := dict "LOG_LEVEL" (dict "value" $values.logLevel) }}
{{- with $values.ports.http }}
{{- $_ := set $env "HTTP_PORT" (dict "value" (toString .)) }}
{{- end }}
{{- with $values.ports.management }}
{{- $_ := set $env "MANAGEMENT_PORT" (dict "value" (toString .)) }}
{{- end }}
{{- if $values.kafka }}
{{- $kafka := $root.Values.kafka }}
{{- $_ := set $env "KAFKA_USERNAME" (dict "value" .key) }}
{{- $secret := include "idempo.kafkaSecret" (dict "root" $root "user" .key) }}
{{- $_ := set $env "KAFKA_PASSWORD" (include "idempo.fromSecret" (dict "secret" $secret "key" "password") | fromJson) }}
{{- $env = merge $env (include "idempo.kafkaEnvironment" $root | fromJson) }}
{{- end }}
{{- with $values.database }}
{{- $env = merge $env (include "idempo.databaseEnvironment" (dict "root" $root "database" . "role" $.key "reads" $values.databaseReads) | fromJson) }}
{{- $_ := set $env "DATABASE_POOL_MAX" (dict "value" (toString $values.databasePool)) }}
{{- end }}
{{- if $values.redis }}
{{- $redis := $root.Values.redis }}
{{- $_ := set $env "REDIS_PASSWORD" (include "idempo.fromSecret" (dict "secret" (include "idempo.redisSecret" .) "key" "password") | fromJson) }}
{{- if $redis.deploy }}
{{- $_ := set $env "REDIS_NODES" (dict "value" (printf "%s:6379" (include "idempo.host" (dict "name" "redis" "namespace" $namespaces.databases)))) }}
{{- $_ := set $env "REDIS_MODE" (dict "value" $redis.mode) }}
{{- else }}
{{- $_ := set $env "REDIS_NODES" (dict "value" $redis.external.nodes) }}
{{- $_ := set $env "REDIS_MODE" (dict "value" $redis.external.mode) }}
{{- $_ := set $env "REDIS_TLS" (dict "value" (toString $redis.external.tls)) }}
{{- end }}
{{- end }}
{{- if $values.metrics }}
{{- $env = merge $env (include "idempo.telemetryEnvironment" (dict "root" $root "workload" $values.workload) | fromJson) }}
{{- end }}
{{- merge $env (include "idempo.ownEnvironment" (dict "root" $root "key" .key) | fromJson) | toJson }}
{{- end }}
