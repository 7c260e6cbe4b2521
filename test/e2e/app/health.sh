#!/usr/bin/env bash
# Is the application that gets the traffic healthy? Run in its directory.
set -euo pipefail
read -r _ port < run/current
exec curl -fsS -o /dev/null "http://127.0.0.1:$port/healthz"
