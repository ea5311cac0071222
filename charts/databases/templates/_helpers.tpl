{{/* Name of a database's archive in the object storage. Takes {key, life}. A life writes an archive of its own, and no other writes to it. */}}
{{- define "databases.archive" -}}
{{ .key }}-db-{{ .life }}
{{- end }}

{{/* How the object storage is signed in to, by the kind that its address says: with the keys of a Secret, or as the pod's service account. */}}
{{- define "databases.storageCredentials" -}}
{{- $key := "{name: idempo-backup, key: %s}" }}
{{- $secret := .existingSecret }}
{{- if hasPrefix "s3://" .destinationPath }}
s3Credentials:
  {{- if $secret }}
  accessKeyId: {{ printf $key "accessKeyId" }}
  secretAccessKey: {{ printf $key "secretAccessKey" }}
  {{- else }}
  inheritFromIAMRole: true
  {{- end }}
{{- else if hasPrefix "gs://" .destinationPath }}
googleCredentials:
  {{- if $secret }}
  applicationCredentials: {{ printf $key "serviceAccount" }}
  {{- else }}
  gkeEnvironment: true
  {{- end }}
{{- else }}
azureCredentials:
  {{- if $secret }}
  storageAccount: {{ printf $key "storageAccount" }}
  storageKey: {{ printf $key "storageKey" }}
  {{- else }}
  useDefaultAzureCredentials: true
  {{- end }}
{{- end }}
{{- end }}
