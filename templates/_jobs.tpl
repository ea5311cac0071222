{{/* Jobs of the chart's own: scripts from files/, on the gateway's image, since that has Node and is there anyway. */}}

{{/* Pod template of a script. Takes {root, name, script, token, env}. */}}
{{- define "idempo.scriptPod" -}}
{{- $root := .root }}
{{- $gateway := $root.Values.gateway }}
metadata:
  labels:
    {{- include "idempo.labels" (dict "context" $root "name" .name "component" "operations") | nindent 4 }}
spec:
  {{- with include "idempo.pullSecrets" $root.Values.global | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  restartPolicy: {{ .restartPolicy | default "OnFailure" }}
  {{- if .account }}
  serviceAccountName: {{ .account }}
  {{- end }}
  automountServiceAccountToken: {{ not (empty .account) }}
  enableServiceLinks: false
  securityContext:
    {{- include "idempo.podSecurityContext" . | nindent 4 }}
  containers:
    - name: {{ .script }}
      image: {{ include "idempo.image" (dict "global" $root.Values.global "image" $gateway.image "tag" $root.Chart.AppVersion) }}
      imagePullPolicy: {{ $gateway.image.pullPolicy }}
      command: [node, /scripts/{{ .script }}.mts]
      env:
        {{- if .account }}
        - {name: NODE_EXTRA_CA_CERTS, value: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt}
        {{- end }}
        {{- range $name, $value := .env }}
        - {name: {{ $name }}, value: {{ $value | quote }}}
        {{- end }}
      securityContext:
        {{- include "idempo.containerSecurityContext" . | nindent 8 }}
      resources:
        requests: {cpu: 20m, memory: 64Mi}
        limits: {memory: 128Mi}
      volumeMounts:
        - {name: scripts, mountPath: /scripts, readOnly: true}
  volumes:
    - name: scripts
      configMap: {name: {{ .name }}}
{{- end }}

{{/* ConfigMap, ServiceAccount and Roles of a script. Takes {root, name, script, modules, plan, rules}: what it imports, rules by namespace. */}}
{{- define "idempo.scriptResources" -}}
{{- $root := .root }}
{{- $name := .name }}
{{- $labels := include "idempo.labels" (dict "context" $root "name" .name "component" "operations") }}
{{- $services := $root.Values.global.namespaces.services }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name }}
  namespace: {{ $services }}
  labels:
    {{- $labels | nindent 4 }}
data:
  {{- range concat (list "kubernetes" .script) (.modules | default list) }}
  {{ . }}.mts: |
    {{- $root.Files.Get (printf "files/%s.mts" .) | nindent 4 }}
  {{- end }}
  plan.json: |
    {{- .plan | nindent 4 }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  namespace: {{ $services }}
  labels:
    {{- $labels | nindent 4 }}
automountServiceAccountToken: false
{{- range $namespace, $rules := .rules }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels:
    {{- $labels | nindent 4 }}
rules:
  {{- toYaml $rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels:
    {{- $labels | nindent 4 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $name }}}
subjects:
  - {kind: ServiceAccount, name: {{ $name }}, namespace: {{ $services }}}
{{- end }}
{{- end }}
