{{/* What each service is told about the others: all addresses, and where its credentials are. */}}

{{/* Secrets in the services' namespace. Each takes what names it. */}}
{{- define "idempo.kafkaSecret" -}}
{{ (index .root.Values.kafka.users .user).existingSecret | default (printf "idempo-kafka-%s" .user) }}
{{- end }}
{{- define "idempo.databaseSecret" -}}
{{ (index .root.Values.databases .database "roles" .role).existingSecret | default (printf "idempo-database-%s-%s" .database (.role | replace "_" "-")) }}
{{- end }}
{{/* Name of a role in PostgreSQL. */}}
{{- define "idempo.databaseRole" -}}
{{ eq .role "owner" | ternary (printf "%s_owner" .database) .role }}
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

{{/* The same of Redis. Takes the root. */}}
{{- define "idempo.redisCa" -}}
{{- with .Values.redis }}
{{- if and (not .deploy) .external.tls -}}
{{ .external.caSecret }}
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
{{- if .service.Values.redis }}
{{- with include "idempo.redisCa" $root }}
{{- $_ := set $certificates "redis" . }}
{{- end }}
{{- end }}
{{- if eq .key "gateway" }}
{{- with $root.Values.global.tls.secretName }}
{{- $_ := set $certificates "front-door" . }}
{{- end }}
{{- end }}
{{- toJson $certificates }}
{{- end }}

{{/*
Secrets reach a service as files, which change while it runs: the credentials' Job makes a Secret of its own for each workload, with a key for
each variable, and keeps it what the Secrets behind it say (templates/credentials.yaml).
*/}}

{{/* What a service is to keep secret, as a JSON map from the variable to the {secret, key} that it begins as. Takes {root, key, service}. */}}
{{- define "idempo.secretVariables" -}}
{{- $root := .root }}
{{- $values := .service.Values }}
{{- $secrets := dict }}
{{- if $values.kafka }}
{{- $_ := set $secrets "KAFKA_PASSWORD" (dict "secret" (include "idempo.kafkaSecret" (dict "root" $root "user" .key)) "key" "password") }}
{{- end }}
{{- with $values.database }}
{{- $_ := set $secrets "DATABASE_PASSWORD" (dict "secret" (include "idempo.databaseSecret" (dict "root" $root "database" . "role" $.key)) "key" "password") }}
{{- end }}
{{- if $values.redis }}
{{- $_ := set $secrets "REDIS_PASSWORD" (dict "secret" (include "idempo.redisSecret" .) "key" "password") }}
{{- end }}
{{- merge $secrets (include "idempo.ownSecretVariables" . | fromJson) | toJson }}
{{- end }}

{{/* The same of the Job that migrates a service's database. Takes {root, service}. */}}
{{- define "idempo.migrationSecretVariables" -}}
{{- dict "DATABASE_PASSWORD" (dict "secret" (include "idempo.databaseSecret" (dict "root" .root "database" .service.Values.database "role" "owner")) "key" "password") | toJson }}
{{- end }}

{{/* The same of the Job that looks after stores outside: what each user and role of theirs signs in with, <store>.<who>.password. Takes the root. */}}
{{- define "idempo.storesSecretVariables" -}}
{{- $root := . }}
{{- $secrets := dict }}
{{- if not .Values.kafka.deploy }}
{{- range $user, $access := .Values.kafka.users }}
{{- if $access }}
{{- $_ := set $secrets (printf "kafka.%s.password" $user) (dict "secret" (include "idempo.kafkaSecret" (dict "root" $root "user" $user)) "key" "password") }}
{{- end }}
{{- end }}
{{- end }}
{{- range $key, $database := include "idempo.databases" .Values.databases | fromJson }}
{{- if not $database.deploy }}
{{- range $role, $_ := $database.roles }}
{{- $_ := set $secrets (printf "database.%s.%s.password" $key $role) (dict "secret" (include "idempo.databaseSecret" (dict "root" $root "database" $key "role" $role)) "key" "password") }}
{{- end }}
{{- end }}
{{- end }}
{{- if not .Values.redis.deploy }}
{{- $_ := set $secrets "redis.password" (dict "secret" (include "idempo.redisSecret" (dict "root" .)) "key" "password") }}
{{- end }}
{{- toJson $secrets }}
{{- end }}

{{/* Where the files are, as a JSON map from a name to {value}. Takes the variables as JSON. */}}
{{- define "idempo.secretFiles" -}}
{{- $env := dict }}
{{- range $name, $_ := fromJson . }}
{{- $_ := set $env (printf "%s_FILE" $name) (dict "value" (printf "/secrets/%s" $name)) }}
{{- end }}
{{- toJson $env }}
{{- end }}

{{/*
Everything that has a Secret of its own made, as JSON: {name, namespace, variables} each, and the Deployment that has to be rolled when it changes.
Takes the root.
*/}}
{{- define "idempo.readers" -}}
{{- $root := . }}
{{- $namespace := .Values.global.namespaces.services }}
{{- $readers := list }}
{{- range $key, $service := .Subcharts }}
{{- if and $service.Values.enabled $service.Values.workload }}
{{- with include "idempo.secretVariables" (dict "root" $root "key" $key "service" $service) | fromJson }}
{{- $readers = append $readers (dict "name" $service.Values.workload "variables" .) }}
{{- end }}
{{- if $service.Values.migrations }}
{{- $readers = append $readers (dict "name" (printf "%s-migrate" $service.Values.workload) "job" true "variables" (include "idempo.migrationSecretVariables" (dict "root" $root "service" $service) | fromJson)) }}
{{- end }}
{{- end }}
{{- end }}
{{- with include "idempo.storesSecretVariables" . | fromJson }}
{{- $readers = append $readers (dict "name" "idempo-stores" "job" true "variables" .) }}
{{- end }}
{{- toJson $readers }}
{{- end }}

{{/* The database's part of an environment, as a JSON map; its password is a secret. Takes {root, database, role, reads}: whether some reads go to a standby. */}}
{{- define "idempo.databaseEnvironment" -}}
{{- $database := index .root.Values.databases .database }}
{{- $env := dict
    "DATABASE_TLS" (dict "value" $database.tls)
    "DATABASE_NAME" (dict "value" $database.name)
    "DATABASE_LIFE" (dict "value" (toString .root.Values.databases.life))
    "DATABASE_USER" (dict "value" (include "idempo.databaseRole" .)) }}
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

{{/* How Redis is reached, as a JSON map from a name to {value}. Takes the root. */}}
{{- define "idempo.redisEnvironment" -}}
{{- $redis := .Values.redis }}
{{- $env := dict }}
{{- if $redis.deploy }}
{{- $_ := set $env "REDIS_NODES" (dict "value" (printf "%s:6379" (include "idempo.host" (dict "name" "redis" "namespace" .Values.global.namespaces.databases)))) }}
{{- $_ := set $env "REDIS_MODE" (dict "value" $redis.mode) }}
{{- else }}
{{- $_ := set $env "REDIS_NODES" (dict "value" $redis.external.nodes) }}
{{- $_ := set $env "REDIS_MODE" (dict "value" $redis.external.mode) }}
{{- $_ := set $env "REDIS_TLS" (dict "value" (toString $redis.external.tls)) }}
{{- if include "idempo.redisCa" . }}
{{- $_ := set $env "REDIS_TLS_CA_FILE" (dict "value" "/certificates/redis/ca.crt") }}
{{- end }}
{{- end }}
{{- toJson $env }}
{{- end }}

{{/* An environment as a JSON map from a name to its value. Takes it as JSON. */}}
{{- define "idempo.plainEnvironment" -}}
{{- $plain := dict }}
{{- range $name, $source := fromJson . }}
{{- with $source.value }}
{{- $_ := set $plain $name . }}
{{- end }}
{{- end }}
{{- toJson $plain }}
{{- end }}

{{/* Everything that a service is told, as a JSON map from a name to {value}. Takes {root, key, service}. */}}
{{- define "idempo.environment" -}}
{{- $root := .root }}
{{- $values := .service.Values }}
{{- $env := dict "LOG_LEVEL" (dict "value" $values.logLevel) }}
{{- with $values.ports.http }}
{{- $_ := set $env "HTTP_PORT" (dict "value" (toString .)) }}
{{- end }}
{{- with $values.ports.management }}
{{- $_ := set $env "MANAGEMENT_PORT" (dict "value" (toString .)) }}
{{- end }}
{{- if $values.kafka }}
{{- $_ := set $env "KAFKA_USERNAME" (dict "value" .key) }}
{{- $env = merge $env (include "idempo.kafkaEnvironment" $root | fromJson) }}
{{- end }}
{{- with $values.database }}
{{- $env = merge $env (include "idempo.databaseEnvironment" (dict "root" $root "database" . "role" $.key "reads" $values.databaseReads) | fromJson) }}
{{- $_ := set $env "DATABASE_POOL_MAX" (dict "value" (toString $values.databasePool)) }}
{{- end }}
{{- if $values.redis }}
{{- $env = merge $env (include "idempo.redisEnvironment" $root | fromJson) }}
{{- end }}
{{- if $values.metrics }}
{{- $env = merge $env (include "idempo.telemetryEnvironment" (dict "root" $root "workload" $values.workload) | fromJson) }}
{{- end }}
{{- $env = merge $env (include "idempo.secretFiles" (include "idempo.secretVariables" .) | fromJson) }}
{{- merge $env (include "idempo.ownEnvironment" (dict "root" $root "key" .key) | fromJson) | toJson }}
{{- end }}
