#!/usr/bin/env bash
# Starts the application anew beside the one that runs, waits until it is healthy, moves the traffic to it, and ends the old one.
# usage, in the application's directory: restart.sh NODE APP
set -euo pipefail
mkdir -p run

old=
if [ -e run/current ]; then read -r old _ < run/current; fi

"$1" "$2" >> app.log 2>&1 < /dev/null &
new=$!

healthy() {
  [ -e "run/$new.port" ] && curl -fsS -o /dev/null "http://127.0.0.1:$(< "run/$new.port")/healthz"
}

give_up() {
  echo "the new process $1" >&2
  kill "$new" 2> /dev/null || true
  tail -n 3 app.log >&2
  exit 1
}

until healthy 2> /dev/null; do
  kill -0 "$new" 2> /dev/null || give_up "ended"
  [ "$SECONDS" -lt 15 ] || give_up "is not healthy"
  sleep 0.05
done

echo "$new $(< "run/$new.port")" > run/next
mv run/next run/current

if [ -n "$old" ] && kill -TERM "$old" 2> /dev/null; then
  while [ -e "run/$old.port" ]; do
    if [ "$SECONDS" -ge 30 ]; then echo "the old process $old does not end" >&2; exit 1; fi
    sleep 0.05
  done
fi
