{{- define "rotate.name" -}}{{ .Release.Name | trunc 53 | trimSuffix "-" }}{{- end }}

{{- define "rotate.serviceAccount" -}}{{ .Values.serviceAccount.name | default (include "rotate.name" .) }}{{- end }}

{{- define "rotate.labels" -}}
app.kubernetes.io/name: rotate
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "rotate.selector" -}}
app.kubernetes.io/name: rotate
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "rotate.image" -}}
{{- $repository := required "image.repository: where the image was pushed to" .Values.image.repository -}}
{{- if .Values.image.digest }}{{ $repository }}@{{ .Values.image.digest }}{{ else }}{{ $repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- /* All of a pod but its arguments and probes. */}}
{{- define "rotate.pod" -}}
serviceAccountName: {{ include "rotate.serviceAccount" . }}
terminationGracePeriodSeconds: 120
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toJson . }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.nodeSelector }}
nodeSelector: {{ toJson . }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toJson . }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{ toJson . }}
{{- end }}
volumes:
  - name: state
    {{- if .Values.state.postgresSecret }}
    emptyDir: { sizeLimit: 64Mi }
    {{- else }}
    persistentVolumeClaim: { claimName: {{ .Values.state.existingClaim | default (printf "%s-state" (include "rotate.name" .)) }} }
    {{- end }}
  {{- if .Values.state.postgresSecret }}
  - name: state-key
    secret: { secretName: {{ .Values.state.postgresSecret }}, defaultMode: 0440, items: [{ key: key, path: key }] }
  {{- end }}
  - name: spec
    configMap: { name: {{ include "rotate.name" . }}-spec }
  - name: tmp
    emptyDir: { medium: Memory, sizeLimit: 16Mi }
  {{- range .Values.secrets }}
  - name: secret-{{ .name }}
    secret: { secretName: {{ .secretName }}, defaultMode: 0440 }
  {{- end }}
{{- end }}

{{- define "rotate.container" -}}
name: rotate
image: {{ include "rotate.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- $env := prepend .Values.env (dict "name" "ROTATE_STATE_DIR" "value" "/var/lib/rotate") }}
{{- if .Values.state.postgresSecret }}
{{- $env = append $env (dict "name" "ROTATE_DB" "valueFrom" (dict "secretKeyRef" (dict "name" .Values.state.postgresSecret "key" "url"))) }}
{{- $env = append $env (dict "name" "ROTATE_HOST" "valueFrom" (dict "fieldRef" (dict "fieldPath" "metadata.name"))) }}
{{- end }}
env: {{ toJson $env }}
resources: {{ toJson .Values.resources }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
volumeMounts:
  - { name: state, mountPath: /var/lib/rotate }
  {{- if .Values.state.postgresSecret }}
  - { name: state-key, mountPath: /run/secrets/state, readOnly: true }
  {{- end }}
  - { name: spec, mountPath: /etc/rotate, readOnly: true }
  - { name: tmp, mountPath: /tmp }
  {{- range .Values.secrets }}
  - { name: secret-{{ .name }}, mountPath: /run/secrets/{{ .name }}, readOnly: true }
  {{- end }}
{{- end }}
