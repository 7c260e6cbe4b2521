#!/usr/bin/env bash
# A provider for rotate: tokens of the Acme API, with jq and curl. One call, one process (`oneShot`). Speaks docs/plugin-protocol.md.
set -euo pipefail
read -r call
get() { jq -r "$1" <<<"$call"; }
ok() { jq -cn --argjson id "$(get .id)" --slurpfile ok /dev/stdin '{id: $id, ok: $ok[0]}'; exit 0; }
# no CODE MESSAGE RETRYABLE [SECONDS]: says what went wrong, and when to come back.
no() { jq -cn --argjson id "$(get .id)" --arg code "$1" --arg message "$2" --argjson retryable "$3" --arg wait "${4:-}" '{id: $id, error: ({code: $code, message: $message, retryable: $retryable, hint: "see `url`, and what the `key` may do"} + if $wait == "" then {} else {retryAfter: (($wait | tonumber) * 1000)} end)}'; exit 0; }

# api METHOD PATH [BODY]: the answer in $body. The key reaches curl by a pipe, never by its arguments.
api() {
  local answer status wait
  answer=$(curl -sS -m 20 -X "$1" -w '\n%{http_code} %header{retry-after}' -H 'content-type: application/json' ${3:+-d "$3"} \
    -K <(get '"header = \"authorization: Bearer \(.options.key)\""') "$(get .options.url)$2") || no UNAVAILABLE "acme does not answer" true
  read -r status wait <<<"${answer##*$'\n'}"
  body=${answer%$'\n'*}
  case $status in
    2??) ;;
    401 | 403) no DENIED "acme refused (HTTP $status)" false ;;
    404) [ "$1" = DELETE ] || no NOT_FOUND "acme refused (HTTP 404)" false ;;
    429) no RATE_LIMITED "acme refused (HTTP $status)" true "$wait" ;;
    5??) no UNAVAILABLE "acme refused (HTTP $status)" true ;;
    *) no INVALID "acme refused (HTTP $status)" false ;;
  esac
}

case $(get .call) in
  describe)
    ok <<'JSON'
{"protocol": 1, "oneShot": true, "providers": [{"type": "acme-sh",
  "options": {"type": "object", "required": ["url", "key"], "properties": {
    "url": {"type": "string", "format": "uri"}, "key": {"type": "string", "secret": true}}},
  "request": {"type": "object", "properties": {"ttl": {"type": "string", "format": "duration", "default": "1h"}}},
  "fields": {"token": {"secret": true, "description": "an API token"}},
  "handle": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
  "verbs": ["mint", "revoke"]}]}
JSON
    ;;
  mint)
    api POST /tokens "$(jq -c '{name: .leaseId, ttl: (.request.ttl / 1000 | floor)}' <<<"$call")"
    jq '{fields: {token: .secret}, expires, handle: {id}}' <<<"$body" | ok
    ;;
  revoke)
    api DELETE "/tokens/$(get .lease.handle.id)"
    ok <<<null
    ;;
  *) no INVALID "no such verb" false ;;
esac
