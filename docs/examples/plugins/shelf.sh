#!/usr/bin/env bash
# A sink for rotate: keys of the Shelf service, with jq and curl. One call, one process (`oneShot`). Speaks docs/plugin-protocol.md.
set -euo pipefail
read -r call
{ read -r id && read -r verb && read -r url; } < <(jq -r '.id, .call, "\(.options.url)/\(.options.path)"' <<<"$call")
get() { jq "$@" <<<"$call"; }
ok() { jq -cn --argjson id "$id" --slurpfile ok /dev/stdin '{id: $id, ok: $ok[0]}'; exit 0; }
no() { jq -cn --argjson id "$id" --arg code "$1" --arg message "$2" --argjson retryable "$3" '{id: $id, error: {code: $code, message: $message, retryable: $retryable, hint: "see `url` and `path`, and who else writes it"}}'; exit 0; }

# service METHOD [BODY]: the answer in $body. What is written reaches curl by a pipe, never by its arguments.
service() {
  local answer status
  answer=$(printf %s "${2:-}" | curl -sS -m 20 -X "$1" -w '\n%{http_code}' ${2:+--data-binary @-} "$url") ||
    no UNAVAILABLE "the shelf does not answer" true
  status=${answer##*$'\n'} body=${answer%$'\n'*}
  case $status in
    2??) jq -e 'has("version")' <<<"$body" >/dev/null 2>&1 || no BAD_ANSWER "the shelf answered something else than a document" true ;;
    401 | 403) no DENIED "the shelf refused (HTTP $status)" false ;;
    409) no CONFLICT "somebody else changed the document" true ;;
    5??) no UNAVAILABLE "the shelf failed (HTTP $status)" true ;;
    *) no INVALID "the shelf refused (HTTP $status)" false ;;
  esac
}

# write CHANGE: compare and swap. The document is in $body; a key whose value is null goes.
write() { service PUT "$(jq -c --slurpfile change <(printf %s "$1") '.values += $change[0] | .values |= with_entries(select(.value != null))' <<<"$body")"; }
# held: what the document in $body holds under the keys of `state`; null where there is none.
held() { jq -c --slurpfile call <(printf %s "$call") '.values as $values | $call[0].state.new | with_entries(.value = $values[.key])' <<<"$body"; }

case $verb in
  describe)
    ok <<'JSON'
{"protocol": 1, "oneShot": true, "sinks": [{"type": "shelf-sh", "scope": "anywhere",
  "options": {"type": "object", "required": ["url", "path"], "properties": {
    "url": {"type": "string", "format": "uri", "description": "the address of the service"},
    "path": {"type": "string", "pattern": "^[a-z0-9/]+$", "description": "which document"}}},
  "keys": {"pattern": "[A-Z][A-Z0-9_]*", "description": "upper-case words"},
  "target": "{url} document {path}",
  "verbs": ["check", "read", "prepare", "commit", "undo", "fence"]}]}
JSON
    ;;
  check)
    service GET
    ok <<<null
    ;;
  read)
    service GET
    jq --slurpfile call <(printf %s "$call") '.values | with_entries(select(.key | IN($call[0].keys[])))' <<<"$body" | ok
    ;;
  prepare)
    service GET
    # What commit and undo need; the engine keeps it in memory and hands it back to another process.
    jq --slurpfile call <(printf %s "$call") '. as $document | $call[0].values as $new | ($new | with_entries(.value = $document.values[.key])) as $before
      | {changed: ($before != $new), undo: true, state: {version: $document.version, before: $before, new: $new}}' <<<"$body" | ok
    ;;
  commit)
    service GET
    [ "$(jq .version <<<"$body")" = "$(get .state.version)" ] || no CONFLICT "somebody else changed the document" true
    write "$(get -c .state.new)"
    ok <<<null
    ;;
  undo)
    service GET
    now=$(held)
    # Never written: what looks like ours is another process's.
    if [ "$(get .begun)" = true ] && [ "$(jq -S . <<<"$now")" != "$(get -S .state.before)" ]; then
      [ "$(jq -S . <<<"$now")" = "$(get -S .state.new)" ] || no CONFLICT "somebody else changed the document" false
      write "$(get -c .state.before)"
    fi
    ok <<<null
    ;;
  fence) # a write whose answer was lost, and which is still on its way, finds another version
    service GET
    service PUT "$body"
    ok <<<null
    ;;
  *) no INVALID "no such verb" false ;;
esac
