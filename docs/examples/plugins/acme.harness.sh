#!/usr/bin/env bash
# Plays the Acme API for `rotate plugin test ./acme.sh`; rotate is the web server. Speaks docs/authors/testing.md.
set -euo pipefail
key=key-of-the-test made=0
declare -A live # the ids of tokens that work, by token
get() { jq -r "$1" <<<"$call"; }
ok() { jq -c --argjson id "$(get .id)" '{id: $id, ok: .}'; }

# Strict: refuses what the real one refuses.
http() {
  local method path token
  method=$(get .request.method) path=$(get .request.path)
  if [ "$(get '.request.headers.authorization')" != "Bearer $key" ]; then
    ok <<<'{"status": 403}'
  elif [ "$method $path" = "POST /tokens" ]; then
    made=$((made + 1)) live["secret-of-token-$made"]=t$made
    get .request.body | jq --arg n "$made" \
      '{status: 201, body: {id: "t\($n)", secret: "secret-of-token-\($n)", expires: (now + .ttl | todate)}}' | ok
  elif [ "$method" = DELETE ]; then
    for token in "${!live[@]}"; do
      [ "${live[$token]}" != "${path#/tokens/}" ] || { unset "live[$token]"; ok <<<'{"status": 204}'; return; }
    done
    ok <<<'{"status": 404}'
  else
    ok <<<'{"status": 404}'
  fi
}

while read -r call; do
  case $(get .call) in
    describe) ok <<<'{"harness": 1, "parts": {"providers/acme-sh": ["http", "isLive"]}}' ;;
    start) jq '{options: {url: .server, key: "key-of-the-test"}, request: {ttl: 3600000}, secrets: ["key-of-the-test"]}' <<<"$call" | ok ;;
    http) http ;;
    isLive) if [ -n "${live["$(get .fields.token)"]:-}" ]; then ok <<<true; else ok <<<false; fi ;;
  esac
done
