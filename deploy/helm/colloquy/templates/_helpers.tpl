{{- define "colloquy.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "colloquy.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "colloquy.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "colloquy.selectorLabels" -}}
app.kubernetes.io/name: {{ include "colloquy.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "colloquy.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "colloquy.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* The name of the Secret that the servers read; empty: there is none. */}}
{{- define "colloquy.secretName" -}}
{{- if .Values.existingSecret -}}
{{- .Values.existingSecret -}}
{{- else if or .Values.secret .Values.postgres.url .Values.redis.url -}}
{{- include "colloquy.fullname" . -}}
{{- end -}}
{{- end -}}

{{/* "true" if the data are on PostgreSQL. */}}
{{- define "colloquy.onPostgres" -}}
{{- if or .Values.postgres.url .Values.postgres.external -}}true{{- end -}}
{{- end -}}

{{/* "true" if there may be more than one server. */}}
{{- define "colloquy.isCluster" -}}
{{- if or .Values.autoscaling.enabled (gt (int .Values.replicas) 1) -}}true{{- end -}}
{{- end -}}

{{/* Values that would give servers that lose data, or can't start. */}}
{{- define "colloquy.check" -}}
{{- $onPostgres := include "colloquy.onPostgres" . -}}
{{- if and (include "colloquy.isCluster" .) (not $onPostgres) -}}
{{- fail "several servers need PostgreSQL: set postgres.url, or existingSecret with DATABASE_URL and postgres.external: true" -}}
{{- end -}}
{{- if and .Values.existingSecret (or .Values.secret .Values.postgres.url .Values.redis.url) -}}
{{- fail "existingSecret is used instead of secret, postgres.url and redis.url: put their values into that Secret" -}}
{{- end -}}
{{- if and (or .Values.postgres.external .Values.redis.external) (not .Values.existingSecret) -}}
{{- fail "postgres.external and redis.external need existingSecret, the Secret with DATABASE_URL and REDIS_URL" -}}
{{- end -}}
{{- if and $onPostgres (not .Values.existingSecret) -}}
{{- $secret := .Values.secret -}}
{{- if not (and $secret.COLLOQUY_SECRET $secret.COLLOQUY_ADMIN_KEY) -}}
{{- fail "with PostgreSQL nothing is kept in a pod: set secret.COLLOQUY_SECRET and secret.COLLOQUY_ADMIN_KEY, or existingSecret" -}}
{{- end -}}
{{- end -}}
{{- end -}}
