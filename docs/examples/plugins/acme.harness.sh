#!/usr/bin/env bash
# Plays the Acme API for `rotate plugin test ./acme.sh`; rotate is the web server. Speaks docs/authors/testing.md.
set -euo pipefail
key=key-of-the-test made=0
declare -A live ends # the ids of tokens that work and when they end, by token
get() { jq -r "$1" <<<"$call"; }
now() { get '.now | sub("[.][0-9]+"; "") | fromdate'; } # the time by which the outside lives
ok() { jq -c --argjson id "$(get .id)" '{id: $id, ok: .}'; }

# Strict: refuses what the real one refuses.
http() {
  local method path token until
  method=$(get .request.method) path=$(get .request.path)
  if [ "$(get '.request.headers.authorization')" != "Bearer $key" ]; then
    ok <<<'{"status": 403}'
  elif [ "$method $path" = "POST /tokens" ]; then
    made=$((made + 1)) until=$(($(now) + $(get '.request.body | fromjson | .ttl')))
    live["secret-of-token-$made"]=t$made ends["secret-of-token-$made"]=$until
    jq -n --arg n "$made" --argjson until "$until" \
      '{status: 201, body: {id: "t\($n)", secret: "secret-of-token-\($n)", expires: ($until | todate)}}' | ok
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
    isLive)
      token=$(get .fields.token)
      if [ -n "${live[$token]:-}" ] && [ "$(now)" -lt "${ends[$token]}" ]; then ok <<<true; else ok <<<false; fi
      ;;
  esac
done
