{{/* What a service is told and no other: its settings, its secrets, and where it finds whom it asks. */}}

{{/* URL of a service's Service. Takes {root, key}. */}}
{{- define "idempo.url" -}}
{{- $service := index .root.Values .key -}}
http://{{ include "idempo.host" (dict "name" $service.workload "namespace" .root.Values.global.namespaces.services) }}:{{ $service.ports.http }}
{{- end }}

{{/* The pods of a service, by the name that resolves to each. Takes {root, key}. */}}
{{- define "idempo.endpoints" -}}
{{- $service := index .root.Values .key -}}
dns://{{ include "idempo.host" (dict "name" (printf "%s-headless" $service.workload) "namespace" .root.Values.global.namespaces.services) }}:{{ $service.ports.http }}
{{- end }}

{{/* As a JSON map from a name to {value} or {valueFrom}. Takes {root, key}. */}}
{{- define "idempo.ownEnvironment" -}}
{{- $root := .root }}
{{- $values := $root.Values }}
{{- $plain := dict }}
{{- /* name: [Secret, key, optional] */}}
{{- $secret := dict }}
{{- $calls := get (include "idempo.calls" . | fromJson) .key }}
{{- $asks := list }}
{{- if eq .key "gateway" }}
{{- range $key := $calls }}
{{- $_ := set $plain (printf "%s_ENDPOINTS" (upper $key)) (include "idempo.endpoints" (dict "root" $root "key" $key)) }}
{{- end }}
{{- $_ := set $plain "TRUSTED_PROXIES" $values.gateway.trustedProxies }}
{{- $_ := set $secret "JWT_PRIVATE_KEY" (list (include "idempo.jwtSecret" .) "privateKey" false) }}
{{- $_ := set $secret "JWT_PREVIOUS_PUBLIC_KEY" (list (include "idempo.jwtSecret" .) "previousPublicKey" true) }}
{{- if $values.global.tls.secretName }}
{{- $_ := set $plain "FRONT_DOOR_CERTIFICATE_FILE" "/certificates/front-door/tls.crt" }}
{{- end }}
{{- if $values.bots.enabled }}
{{- $_ := set $secret "BOT_SECRET" (list (include "idempo.botsSecret" .) "secret" false) }}
{{- end }}
{{- else if eq .key "game" }}
{{- $asks = $calls }}
{{- $_ := set $plain "GAME_RULES" (toJson $values.game.rules) }}
{{- $_ := set $secret "MATCH_TOKEN_SECRET" (list (include "idempo.matchTokenSecret" .) "secret" false) }}
{{- $_ := set $secret "MATCH_TOKEN_PREVIOUS_SECRET" (list (include "idempo.matchTokenSecret" .) "previousSecret" true) }}
{{- else if eq .key "reward" }}
{{- $_ := set $plain "REWARDS" (toJson $values.economy.rewards) }}
{{- else if eq .key "wallet" }}
{{- $asks = $calls }}
{{- else if eq .key "marketplace" }}
{{- $asks = $calls }}
{{- $_ := set $plain "FEE_PERCENT" $values.economy.feePercent }}
{{- $_ := set $plain "SAGA_STEP_SECONDS" $values.economy.sagaStepSeconds }}
{{- $_ := set $plain "TRADES_KEEP_MONTHS" $values.economy.tradesKeepMonths }}
{{- $_ := set $plain "HOUSE" (toJson $values.economy.house) }}
{{- else if eq .key "notification" }}
{{- $_ := set $plain "JWKS_URL" (printf "%s/api/auth/jwks" (include "idempo.url" (dict "root" $root "key" "gateway"))) }}
{{- else if eq .key "dlq" }}
{{- $_ := set $plain "OPERATOR_USERNAME" $values.dlq.operator.username }}
{{- $_ := set $secret "OPERATOR_PASSWORD" (list (include "idempo.operatorSecret" .) "password" false) }}
{{- $_ := set $secret "SESSION_SECRET" (list (include "idempo.operatorSecret" .) "sessionSecret" false) }}
{{- else if eq .key "bots" }}
{{- $_ := set $plain "GATEWAY_URL" (include "idempo.url" (dict "root" $root "key" "gateway")) }}
{{- $_ := set $plain "BOT_PLAYERS" $values.bots.players }}
{{- $_ := set $plain "DEMO_PLAYERS" $values.bots.demoPlayers }}
{{- $_ := set $secret "BOT_SECRET" (list (include "idempo.botsSecret" .) "secret" false) }}
{{- else if eq .key "web" }}
{{- $_ := set $plain "PORT" $values.web.ports.http }}
{{- $_ := set $plain "HOSTNAME" "0.0.0.0" }}
{{- $_ := set $plain "GATEWAY_URL" (include "idempo.url" (dict "root" $root "key" "gateway")) }}
{{- end }}
{{- range $key := $asks }}
{{- $_ := set $plain (printf "%s_URLS" (upper $key)) (include "idempo.url" (dict "root" $root "key" $key)) }}
{{- end }}
{{- $env := dict }}
{{- range $name, $value := $plain }}
{{- $_ := set $env $name (dict "value" (toString $value)) }}
{{- end }}
{{- range $name, $from := $secret }}
{{- $_ := set $env $name (include "idempo.fromSecret" (dict "secret" (index $from 0) "key" (index $from 1) "optional" (index $from 2)) | fromJson) }}
{{- end }}
{{- toJson $env }}
{{- end }}
