{{/* The part of idempo.checks that is about the databases. */}}
{{- define "idempo.databaseChecks" -}}
{{- $values := .Values }}
{{- $databases := include "idempo.databases" $values.databases | fromJson }}
{{- range $key, $database := $databases }}
{{- if not (hasKey $database.roles "owner") }}
{{- fail (printf "databases.%s.roles has no owner" $key) }}
{{- end }}
{{- if and (not $database.deploy) (eq $database.external.manage "job") (not $database.external.adminSecret) }}
{{- fail (printf "databases.%s.external.manage is job: say whose Secret the Job signs in with, with databases.%s.external.adminSecret, or set manage to none" $key $key) }}
{{- end }}
{{- if and (not $database.deploy) (not $database.external.host) }}
{{- fail (printf "databases.%s.deploy is false: say where the server is, with databases.%s.external.host" $key $key) }}
{{- end }}
{{- end }}

{{- $backup := $values.databases.backup }}
{{- with $values.databases.recovery }}
{{- if .targetTime }}
{{- if not $backup.destinationPath }}
{{- fail "databases.recovery.targetTime is set: say where the backups are, with databases.backup.destinationPath" }}
{{- end }}
{{- if ge (int .life) (int $values.databases.life) }}
{{- fail (printf "databases.recovery restores life %d, and an archive is written by one life only: set databases.life=%d" (int .life) (add .life 1 | int)) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Connections that services may open, one pod more of each while a new version rolls out: pools, those of a relay and a lock, which go
past a pooler, and pools that read. */}}
{{- $pools := dict }}
{{- $direct := dict }}
{{- $reads := dict }}
{{- range $key, $service := .Subcharts }}
{{- with $service.Values }}
{{- if and .enabled .workload .database }}
{{- if not (get $databases .database) }}
{{- fail (printf "%s.database is %s, which is not in databases" $key .database) }}
{{- end }}
{{- if not (hasKey (index $databases .database "roles") $key) }}
{{- fail (printf "%s signs in to databases.%s, whose roles do not have it: add databases.%s.roles.%s" $key .database .database $key) }}
{{- end }}
{{- $pods := add 1 (.autoscaling | default (dict "max" .replicas)).max }}
{{- $pool := mul $pods .databasePool }}
{{- $_ := set $pools .database (add $pool (get $pools .database | default 0)) }}
{{- $_ := set $direct .database (add (mul 2 $pods) (get $direct .database | default 0)) }}
{{- $_ := set $reads .database (add (.databaseReads | ternary $pool 0) (get $reads .database | default 0)) }}
{{- end }}
{{- end }}
{{- end }}
{{- range $key, $pool := $pools }}
{{- $database := index $databases $key }}
{{- $pooler := $database.pooler }}
{{- if $database.deploy }}
{{- $most := int (get $database.parameters "max_connections" | default 100) }}
{{- $allowed := int (sub $most 10) }}
{{- $raise := printf "whose max_connections is %d (10 of them kept for the operator): raise databases.%s.parameters.max_connections" $most $key }}
{{- if $pooler.instances }}
{{- if gt (int $pool) (int $pooler.maxClients) }}
{{- fail (printf "the services may open %d connections to a pooler of databases.%s, which takes %d: raise databases.%s.pooler.maxClients, or lower databasePool" (int $pool) $key (int $pooler.maxClients) $key) }}
{{- end }}
{{- $pooled := mul $pooler.instances $pooler.poolSize (sub (len $database.roles) 1) }}
{{- $wanted := int (add $pooled (get $direct $key)) }}
{{- if gt $wanted $allowed }}
{{- fail (printf "poolers and services may open %d connections to databases.%s, %s, or lower databases.%s.pooler.poolSize" $wanted $key $raise $key) }}
{{- end }}
{{- else }}
{{- $wanted := int (add $pool (get $direct $key)) }}
{{- if gt $wanted $allowed }}
{{- fail (printf "the services may open %d connections to databases.%s, %s, or lower databasePool" $wanted $key $raise) }}
{{- end }}
{{- end }}
{{- if gt (int (get $reads $key)) $allowed }}
{{- fail (printf "the services may open %d connections to one standby of databases.%s, %s, or lower databasePool" (int (get $reads $key)) $key $raise) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
