#!/usr/bin/env python3
"""Plays the gate for `rotate plugin test ./gate.py`; rotate is the web server. Speaks docs/authors/testing.md."""
import json, sys

TOKEN = "token-of-the-test"


def start(call):
    return {"options": {"url": call["server"], "token": TOKEN}, "secrets": [TOKEN]}


def http(request):
    is_known = request["headers"].get("authorization") == "Bearer " + TOKEN
    return {"status": (204 if is_known else 403) if request["path"] == "/enter" else 404}


for line in sys.stdin:
    call = json.loads(line)
    if "cancel" in call:
        continue
    if call["call"] == "describe":
        answer = {"harness": 1, "parts": {"probes/gate": ["http"]}}
    elif call["call"] == "start":
        answer = start(call)
    elif call["call"] == "http":
        answer = http(call["request"])
    print(json.dumps({"id": call["id"], "ok": answer}), flush=True)
