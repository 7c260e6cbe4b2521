#!/usr/bin/env bash
# Plays the Shelf service for `rotate plugin test ./shelf.sh`; rotate is the web server. Speaks docs/authors/testing.md.
set -euo pipefail
document='{"version": 1, "values": {}}'
get() { jq -r "$1" <<<"$call"; }
ok() { jq -c --argjson id "$(get .id)" '{id: $id, ok: .}'; }
# put VALUES: writes them under the next version.
put() { document=$(jq -c --argjson values "$1" '{version: (.version + 1), values: $values}' <<<"$document"); }

# Strict: takes a document only with the version that it has.
http() {
  local body
  if [ "$(get .request.path)" != /app ]; then
    ok <<<'{"status": 404}'
    return
  fi
  if [ "$(get .request.method)" = PUT ]; then
    body=$(get .request.body)
    if [ "$(jq .version <<<"$body")" != "$(jq .version <<<"$document")" ]; then
      ok <<<'{"status": 409}'
      return
    fi
    put "$(jq -c .values <<<"$body")"
  fi
  jq '{status: 200, body: .}' <<<"$document" | ok
}

while read -r call; do
  case $(get .call) in
    describe) ok <<<'{"harness": 1, "parts": {"sinks/shelf-sh": ["http", "snapshot", "readBack", "meddle"]}}' ;;
    start) jq '{options: {url: .server, path: "app"}, values: [{TOKEN: "first-text"}, {TOKEN: "second-text"}]}' <<<"$call" | ok ;;
    http) http ;;
    snapshot | readBack) jq .values <<<"$document" | ok ;;
    meddle)
      put '{"TOKEN": "somebody-else"}'
      ok <<<null
      ;;
  esac
done
