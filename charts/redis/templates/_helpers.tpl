{{/* Nothing in Redis has to outlive it: limits start anew, and what a replica missed it reads from the database. */}}
{{- define "redis.conf" -}}
dir /data
save ""
appendonly no
maxmemory {{ include "idempo.bytes" .Values.maxMemory }}
maxmemory-policy allkeys-lru
tcp-keepalive 60
{{- if eq .Values.mode "cluster" }}
cluster-enabled yes
cluster-node-timeout 5000
# Clients are told names: a pod comes back with another address.
cluster-preferred-endpoint-type hostname
# A shard that is away takes no other with it, keeps its replicas, and any of them will do.
cluster-require-full-coverage no
cluster-allow-replica-migration no
cluster-replica-validity-factor 0
{{- end }}
{{- end }}

{{- define "redis.labels" -}}
{{ include "idempo.labels" (dict "context" . "name" "redis" "component" "redis") }}
{{- end }}

{{- define "redis.selector" -}}
{{ include "idempo.selector" (dict "context" . "name" "redis") }}
{{- end }}

{{/* Name of a node of the cluster, with its port. Takes {context, shard, index}. */}}
{{- define "redis.node" -}}
redis-{{ .shard }}-{{ .index }}.{{ include "idempo.host" (dict "name" "redis-nodes" "namespace" .context.Values.global.namespaces.databases) }}:6379
{{- end }}

{{/* What all pods have. Takes the context. */}}
{{- define "redis.podSpec" -}}
{{- with include "idempo.pullSecrets" .Values.global | trim }}
{{- . }}
{{ end -}}
serviceAccountName: redis
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- include "idempo.podSecurityContext" . | nindent 2 }}
volumes:
  - name: config
    configMap: {name: redis}
  - name: run
    emptyDir: {medium: Memory, sizeLimit: 1Mi}
  - name: data
    emptyDir: {sizeLimit: 1Gi}
  - name: secrets
    secret: {secretName: idempo-redis}
{{- end }}

{{/* What all containers have. Takes the context. */}}
{{- define "redis.container" -}}
image: {{ include "idempo.image" (dict "global" .Values.global "image" .Values.image) }}
imagePullPolicy: IfNotPresent
securityContext:
  {{- include "idempo.containerSecurityContext" . | nindent 2 }}
{{- end }}

{{/* The server. Takes {context, ready}: what has to be answered for the node to be ready, as a command. */}}
{{- define "redis.server" -}}
name: redis
{{ include "redis.container" .context }}
command: [sh, -ec]
args:
  - |
    umask 077
    . /etc/redis/password.sh
    read_passwords
    { cat /etc/redis/redis.conf; echo "user default on ~* &* +@all $(rules)"; } > /run/redis/redis.conf
    exec redis-server /run/redis/redis.conf {{- if eq .context.Values.mode "cluster" }} --cluster-announce-hostname "${SELF%:*}"{{ end }}
ports:
  - {name: redis, containerPort: 6379}
  {{- if eq .context.Values.mode "cluster" }}
  - {name: bus, containerPort: 16379}
  {{- end }}
{{- $ping := dict "exec" (dict "command" (list "sh" "-c" (printf "%s redis-cli ping | grep -q PONG" (include "redis.signIn" .)))) "timeoutSeconds" 3 }}
{{- $ready := dict "exec" (dict "command" (list "sh" "-c" (printf "%s %s" (include "redis.signIn" .) .ready))) "timeoutSeconds" 3 }}
startupProbe:
  {{- toYaml (merge (dict "periodSeconds" 1 "failureThreshold" 60) $ping) | nindent 2 }}
readinessProbe:
  {{- toYaml (merge (dict "periodSeconds" 5) $ready) | nindent 2 }}
livenessProbe:
  {{- toYaml (merge (dict "periodSeconds" 10 "failureThreshold" 6) $ping) | nindent 2 }}
resources:
  {{- include "idempo.resources" (dict "of" "redis.resources" "resources" .context.Values.resources) | nindent 2 }}
volumeMounts:
  - {name: config, mountPath: /etc/redis, readOnly: true}
  - {name: run, mountPath: /run/redis}
  - {name: data, mountPath: /data}
  - {name: secrets, mountPath: /secrets, readOnly: true}
{{- end }}

{{/* What has redis-cli sign in with the password as it is by now, in a shell. */}}
{{- define "redis.signIn" -}}
export REDISCLI_AUTH="$(cat /secrets/password)";
{{- end }}

{{/* A container beside each server, for as long as that runs; the password is kept there. Takes {context, command}. */}}
{{- define "redis.sidecar" -}}
restartPolicy: Always
{{ include "redis.container" .context }}
command: {{ toJson .command }}
resources:
  requests: {cpu: 10m, memory: 16Mi}
  limits: {memory: 32Mi}
volumeMounts:
  - {name: config, mountPath: /etc/redis, readOnly: true}
  - {name: secrets, mountPath: /secrets, readOnly: true}
{{- end }}

{{/* Who a node is, and who the others of its shard are. Takes {context, shard}: their names with ports. */}}
{{- define "redis.memberEnvironment" -}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- {name: SELF, value: "$(POD_NAME).{{ include "idempo.host" (dict "name" "redis-nodes" "namespace" .context.Values.global.namespaces.databases) }}:6379"}
- {name: SHARD, value: {{ join " " .shard | quote }}}
{{- end }}
