#!/usr/bin/env python3
"""Plays the Shelf service for `rotate plugin test ./shelf.py`; rotate is the web server. Speaks docs/authors/testing.md."""
import json, sys

document = {"version": 1, "values": {}}


def start(call):
    return {"options": {"url": call["server"], "path": "app"},
            "values": [{"TOKEN": "first-text"}, {"TOKEN": "second-text"}]}


def http(request):
    """Strict: takes a document only with the version that it has."""
    if request["path"] != "/app":
        return {"status": 404}
    if request["method"] == "PUT":
        body = json.loads(request["body"])
        if body["version"] != document["version"]:
            return {"status": 409}
        document.update(version=document["version"] + 1, values=body["values"])
    return {"status": 200, "body": document}


def meddle():
    """Somebody else writes our keys."""
    document.update(version=document["version"] + 1, values={"TOKEN": "somebody-else"})


for line in sys.stdin:
    call = json.loads(line)
    if "cancel" in call:
        continue
    if call["call"] == "describe":
        answer = {"harness": 1, "parts": {"sinks/shelf": ["http", "snapshot", "readBack", "meddle"]}}
    elif call["call"] == "start":
        answer = start(call)
    elif call["call"] == "http":
        answer = http(call["request"])
    elif call["call"] in ("snapshot", "readBack"):
        answer = document["values"]
    elif call["call"] == "meddle":
        answer = meddle()
    print(json.dumps({"id": call["id"], "ok": answer}), flush=True)
