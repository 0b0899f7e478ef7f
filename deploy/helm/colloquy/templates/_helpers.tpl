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
{{- else if or .Values.secret .Values.postgres.url .Values.redis.url .Values.signIn.oidc.clientSecret -}}
{{- include "colloquy.fullname" . -}}
{{- end -}}
{{- end -}}

{{/* The variables of `signIn`, as entries of a container's `env`. */}}
{{- define "colloquy.signIn" -}}
{{- $oidc := .Values.signIn.oidc -}}
{{- $variables := dict
  "PUBLIC_URL" .Values.signIn.publicUrl
  "PASSWORD_SIGN_IN" (ternary "" "off" .Values.signIn.passwords)
  "OIDC_ISSUER" $oidc.issuer
  "OIDC_CLIENT_ID" $oidc.clientId
  "OIDC_LABEL" $oidc.label
  "AUTH_ORG_CLAIM" .Values.signIn.organizationClaim
  "AUTH_ROLE_CLAIM" .Values.signIn.roleClaim -}}
{{- range $name, $value := $variables -}}
{{- if $value }}
{{- if hasKey $.Values.env $name -}}
{{- fail (printf "%s is set by env and by signIn: take it out of one of them" $name) -}}
{{- end }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- with $oidc.existingSecret }}
- name: OIDC_CLIENT_SECRET
  valueFrom:
    secretKeyRef:
      name: {{ . | quote }}
      key: {{ $oidc.existingSecretKey | quote }}
{{- end }}
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
{{- if and .Values.existingSecret (or .Values.secret .Values.postgres.url .Values.redis.url .Values.signIn.oidc.clientSecret) -}}
{{- fail "existingSecret is used instead of secret, postgres.url, redis.url and signIn.oidc.clientSecret: put their values into that Secret" -}}
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
{{- $signIn := .Values.signIn -}}
{{- $oidc := $signIn.oidc -}}
{{- if and $oidc.issuer (not $oidc.clientId) -}}
{{- fail "signIn.oidc.issuer needs signIn.oidc.clientId, the id that the provider knows this server by" -}}
{{- end -}}
{{- if and $oidc.issuer (not (or $oidc.clientSecret $oidc.existingSecret .Values.existingSecret .Values.secret.OIDC_CLIENT_SECRET .Values.extraEnvFrom)) -}}
{{- fail "signIn.oidc.issuer needs a secret: set signIn.oidc.clientSecret, or signIn.oidc.existingSecret, or existingSecret with OIDC_CLIENT_SECRET" -}}
{{- end -}}
{{- if and (or $oidc.clientId $oidc.clientSecret $oidc.existingSecret) (not $oidc.issuer) -}}
{{- fail "signIn.oidc.clientId, clientSecret and existingSecret need signIn.oidc.issuer, the provider's" -}}
{{- end -}}
{{- if and $oidc.clientSecret (or $oidc.existingSecret .Values.secret.OIDC_CLIENT_SECRET) -}}
{{- fail "the provider's secret is given twice: set one of signIn.oidc.clientSecret, signIn.oidc.existingSecret and secret.OIDC_CLIENT_SECRET" -}}
{{- end -}}
{{- if and (not $signIn.passwords) (not (or $oidc.issuer .Values.env.OIDC_ISSUER .Values.extraEnvFrom)) -}}
{{- fail "without signIn.passwords nobody could sign in: set signIn.oidc" -}}
{{- end -}}
{{- end -}}
