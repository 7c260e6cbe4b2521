#!/usr/bin/env python3
"""Plays the notice board for `rotate plugin test ./board.py`; rotate is the web server. Speaks docs/authors/testing.md."""
import json, sys

KEY = "key-of-the-test"
notes = []


def start(call):
    return {"options": {"url": call["server"], "key": KEY}, "secrets": [KEY]}


def http(request):
    if request["headers"].get("authorization") != "Bearer " + KEY:
        return {"status": 403}
    if (request["method"], request["path"]) != ("POST", "/notes"):
        return {"status": 404}
    notes.append(json.loads(request["body"])["text"])
    return {"status": 201}


for line in sys.stdin:
    call = json.loads(line)
    if "cancel" in call:
        continue
    if call["call"] == "describe":
        answer = {"harness": 1, "parts": {"notifiers/board": ["http", "received"]}}
    elif call["call"] == "start":
        answer = start(call)
    elif call["call"] == "http":
        answer = http(call["request"])
    elif call["call"] == "received":
        answer = notes
    print(json.dumps({"id": call["id"], "ok": answer}), flush=True)
