{{/* Nothing in Redis has to outlive it: limits start anew, and what a replica missed it reads from the database. */}}
{{- define "redis.conf" -}}
dir /data
save ""
appendonly no
maxmemory {{ include "idempo.bytes" .Values.maxMemory }}
maxmemory-policy allkeys-lru
tcp-keepalive 60
{{- end }}
