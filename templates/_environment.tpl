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

{{/* A variable from a Secret's key, as JSON. */}}
{{- define "idempo.fromSecret" -}}
{{- $reference := dict "name" .secret "key" .key }}
{{- if .optional }}{{ $_ := set $reference "optional" true }}{{ end }}
{{- dict "valueFrom" (dict "secretKeyRef" $reference) | toJson }}
{{- end }}

{{/* The database's part of an environment, as a JSON map. Takes {root, database, role}. */}}
{{- define "idempo.databaseEnvironment" -}}
{{- $database := index .root.Values.databases .database }}
{{- $secret := include "idempo.databaseSecret" . }}
{{- $env := dict
    "DATABASE_TLS" (dict "value" $database.tls)
    "DATABASE_NAME" (dict "value" $database.name)
    "DATABASE_USER" (include "idempo.fromSecret" (dict "secret" $secret "key" "username") | fromJson)
    "DATABASE_PASSWORD" (include "idempo.fromSecret" (dict "secret" $secret "key" "password") | fromJson) }}
{{- if $database.deploy }}
{{- $_ := set $env "DATABASE_HOST" (dict "value" (include "idempo.host" (dict "name" (printf "%s-db-rw" .database) "namespace" .root.Values.global.namespaces.databases))) }}
{{- else }}
{{- $_ := set $env "DATABASE_HOST" (dict "value" $database.external.host) }}
{{- $_ := set $env "DATABASE_PORT" (dict "value" (toString $database.external.port)) }}
{{- end }}
{{- toJson $env }}
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
{{- if $kafka.deploy }}
{{- $_ := set $env "KAFKA_BROKERS" (dict "value" (printf "%s:9092" (include "idempo.host" (dict "name" "idempo-kafka-bootstrap" "namespace" $namespaces.kafka)))) }}
{{- $_ := set $env "KAFKA_SESSION_TIMEOUT_MS" (dict "value" "4000") }}
{{- else }}
{{- $_ := set $env "KAFKA_BROKERS" (dict "value" $kafka.external.bootstrapServers) }}
{{- $_ := set $env "KAFKA_TLS" (dict "value" (toString $kafka.external.tls)) }}
{{- end }}
{{- end }}
{{- with $values.database }}
{{- $env = merge $env (include "idempo.databaseEnvironment" (dict "root" $root "database" . "role" $.key) | fromJson) }}
{{- $_ := set $env "DATABASE_POOL_MAX" (dict "value" (toString $values.databasePool)) }}
{{- end }}
{{- if $values.redis }}
{{- $redis := $root.Values.redis }}
{{- $_ := set $env "REDIS_PASSWORD" (include "idempo.fromSecret" (dict "secret" (include "idempo.redisSecret" .) "key" "password") | fromJson) }}
{{- if $redis.deploy }}
{{- $_ := set $env "REDIS_NODES" (dict "value" (printf "%s:6379" (include "idempo.host" (dict "name" "redis" "namespace" $namespaces.databases)))) }}
{{- else }}
{{- $_ := set $env "REDIS_NODES" (dict "value" $redis.external.nodes) }}
{{- $_ := set $env "REDIS_MODE" (dict "value" $redis.external.mode) }}
{{- $_ := set $env "REDIS_TLS" (dict "value" (toString $redis.external.tls)) }}
{{- end }}
{{- end }}
{{- if eq .key "gateway" }}
{{- $jwt := include "idempo.jwtSecret" . }}
{{- $game := $root.Values.game }}
{{- $_ := set $env "JWT_PRIVATE_KEY" (include "idempo.fromSecret" (dict "secret" $jwt "key" "privateKey") | fromJson) }}
{{- $_ := set $env "JWT_PREVIOUS_PUBLIC_KEY" (include "idempo.fromSecret" (dict "secret" $jwt "key" "previousPublicKey" "optional" true) | fromJson) }}
{{- $_ := set $env "TRUSTED_PROXIES" (dict "value" (toString $root.Values.gateway.trustedProxies)) }}
{{- $_ := set $env "GAME_ENDPOINTS" (dict "value" (printf "dns://%s:%v" (include "idempo.host" (dict "name" (printf "%s-headless" $game.workload) "namespace" $namespaces.services)) $game.ports.http)) }}
{{- end }}
{{- if eq .key "game" }}
{{- $token := include "idempo.matchTokenSecret" . }}
{{- $_ := set $env "MATCH_TOKEN_SECRET" (include "idempo.fromSecret" (dict "secret" $token "key" "secret") | fromJson) }}
{{- $_ := set $env "MATCH_TOKEN_PREVIOUS_SECRET" (include "idempo.fromSecret" (dict "secret" $token "key" "previousSecret" "optional" true) | fromJson) }}
{{- $_ := set $env "GAME_RULES" (dict "value" (toJson $root.Values.game.rules)) }}
{{- end }}
{{- if eq .key "web" }}
{{- $gateway := $root.Values.gateway }}
{{- $_ := set $env "PORT" (dict "value" (toString $values.ports.http)) }}
{{- $_ := set $env "HOSTNAME" (dict "value" "0.0.0.0") }}
{{- $_ := set $env "GATEWAY_URL" (dict "value" (printf "http://%s:%v" (include "idempo.host" (dict "name" $gateway.workload "namespace" $namespaces.services)) $gateway.ports.http)) }}
{{- end }}
{{- toJson $env }}
{{- end }}
