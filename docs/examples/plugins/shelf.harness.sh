#!/usr/bin/env bash
# Plays the Shelf service for `rotate plugin test ./shelf.sh`; rotate is the web server. Speaks docs/authors/testing.md.
# Each call is one run of jq, which gives the document as it is then, and the answer. Strict: takes a document only with the version that it has.
set -euo pipefail
document='{"version": 1, "values": {}}'
play='. as $call
  | def put($values): {version: ($document.version + 1), values: $values};
    def keep($ok): [$document, $ok];
  (if .call == "describe" then keep({harness: 1, parts: {"sinks/shelf-sh": ["http", "snapshot", "readBack", "meddle"]}})
    elif .call == "start" then keep({options: {url: .server, path: "app"}, values: [{TOKEN: "first-text"}, {TOKEN: "second-text"}]})
    elif .call == "meddle" then [put({TOKEN: "somebody-else"}), null]
    elif .call != "http" then keep($document.values)
    elif .request.path != "/app" then keep({status: 404})
    elif .request.method != "PUT" then keep({status: 200, body: $document})
    else (.request.body | fromjson) as $new
      | if $new.version != $document.version then keep({status: 409})
        else put($new.values) as $next | [$next, {status: 200, body: $next}] end
    end)
  | .[0], {id: $call.id, ok: .[1]}'

while read -r call; do
  { read -r document && read -r answer; } < <(jq -c --argjson document "$document" "$play" <<<"$call")
  printf '%s\n' "$answer"
done
