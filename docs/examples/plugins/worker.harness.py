#!/usr/bin/env python3
"""Plays the worker for `rotate plugin test ./worker.py`; rotate is the web server. Speaks docs/authors/testing.md."""
import json, sys

reloads = 0


def start(call):
    return {"options": {"url": call["server"]}}


def http(request):
    global reloads
    asked = (request["method"], request["path"])
    if asked == ("POST", "/reload"):
        reloads += 1
    return {"status": 204 if asked in [("GET", "/status"), ("POST", "/reload")] else 404}


for line in sys.stdin:
    call = json.loads(line)
    if "cancel" in call:
        continue
    if call["call"] == "describe":
        answer = {"harness": 1, "parts": {"reloads/worker": ["http", "count"]}}
    elif call["call"] == "start":
        answer = start(call)
    elif call["call"] == "http":
        answer = http(call["request"])
    elif call["call"] == "count":
        answer = reloads
    print(json.dumps({"id": call["id"], "ok": answer}), flush=True)
