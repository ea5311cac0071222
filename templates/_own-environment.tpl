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

{{/* As a JSON map from the variable to the {secret, key} that it begins as. Takes {root, key}. */}}
{{- define "idempo.ownSecretVariables" -}}
{{- $secrets := dict }}
{{- if eq .key "gateway" }}
{{- $_ := set $secrets "JWT_PRIVATE_KEY" (dict "secret" (include "idempo.jwtSecret" .) "key" "privateKey" "ours" true) }}
{{- end }}
{{- if and .root.Values.bots.enabled (has .key (list "gateway" "bots")) }}
{{- $_ := set $secrets "BOT_SECRET" (dict "secret" (include "idempo.botsSecret" .) "key" "secret" "ours" true) }}
{{- end }}
{{- if eq .key "game" }}
{{- $_ := set $secrets "MATCH_TOKEN_SECRET" (dict "secret" (include "idempo.matchTokenSecret" .) "key" "secret" "ours" true) }}
{{- end }}
{{- if eq .key "dlq" }}
{{- $_ := set $secrets "OPERATOR_PASSWORD" (dict "secret" (include "idempo.operatorSecret" .) "key" "password" "ours" true) }}
{{- $_ := set $secrets "SESSION_SECRET" (dict "secret" (include "idempo.operatorSecret" .) "key" "sessionSecret" "ours" true) }}
{{- end }}
{{- toJson $secrets }}
{{- end }}

{{/* As a JSON map from a name to {value}. Takes {root, key}. */}}
{{- define "idempo.ownEnvironment" -}}
{{- $root := .root }}
{{- $values := $root.Values }}
{{- $plain := dict }}
{{- $calls := get (include "idempo.calls" . | fromJson) .key }}
{{- $asks := list }}
{{- if eq .key "gateway" }}
{{- range $key := $calls }}
{{- $_ := set $plain (printf "%s_ENDPOINTS" (upper $key)) (include "idempo.endpoints" (dict "root" $root "key" $key)) }}
{{- end }}
{{- $_ := set $plain "TRUSTED_PROXIES" $values.gateway.trustedProxies }}
{{- if $values.global.tls.secretName }}
{{- $_ := set $plain "FRONT_DOOR_CERTIFICATE_FILE" "/certificates/front-door/tls.crt" }}
{{- end }}
{{- else if eq .key "game" }}
{{- $asks = $calls }}
{{- $_ := set $plain "GAME_RULES" (toJson $values.game.rules) }}
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
{{- else if eq .key "bots" }}
{{- $_ := set $plain "GATEWAY_URL" (include "idempo.url" (dict "root" $root "key" "gateway")) }}
{{- $_ := set $plain "BOT_PLAYERS" $values.bots.players }}
{{- $_ := set $plain "DEMO_PLAYERS" $values.bots.demoPlayers }}
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
{{- toJson $env }}
{{- end }}
