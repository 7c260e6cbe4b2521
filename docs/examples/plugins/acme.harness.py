#!/usr/bin/env python3
"""Plays the Acme API for `rotate plugin test ./acme.py`; rotate is the web server. Speaks docs/authors/testing.md."""
import datetime, json, sys

KEY = "key-of-the-test"
live = {}  # the ids of tokens that work, by token
ends = {}  # when they end, by token
made = 0


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def start(call):
    return {"options": {"url": call["server"], "key": KEY}, "request": {"ttl": 3600000}, "secrets": [KEY]}


def http(request, now):
    """Strict: refuses what the real one refuses."""
    global made
    method, path = request["method"], request["path"]
    if request["headers"].get("authorization") != "Bearer " + KEY:
        return {"status": 403}
    if (method, path) == ("GET", "/tokens"):
        return {"status": 200, "body": [{"id": id} for id in live.values()]}
    if (method, path) == ("POST", "/tokens"):
        body = json.loads(request["body"])
        if not isinstance(body.get("ttl"), int) or not body.get("name"):
            return {"status": 400}
        made += 1
        token = {"id": f"t{made}", "secret": f"secret-of-token-{made}"}
        live[token["secret"]] = token["id"]
        expires = ends[token["secret"]] = instant(now) + datetime.timedelta(seconds=body["ttl"])
        return {"status": 201, "body": {**token, "expires": expires.strftime("%Y-%m-%dT%H:%M:%SZ")}}
    if method == "DELETE" and path.startswith("/tokens/"):
        found = [secret for secret, id in live.items() if id == path.removeprefix("/tokens/")]
        for secret in found:
            del live[secret]
        return {"status": 204 if found else 404}
    return {"status": 404}


for line in sys.stdin:
    call = json.loads(line)
    if "cancel" in call:
        continue
    if call["call"] == "describe":
        answer = {"harness": 1, "parts": {"providers/acme": ["http", "isLive"]}}
    elif call["call"] == "start":
        answer = start(call)
    elif call["call"] == "http":
        answer = http(call["request"], call["now"])
    elif call["call"] == "isLive":
        token = call["fields"]["token"]
        answer = token in live and instant(call["now"]) < ends[token]
    print(json.dumps({"id": call["id"], "ok": answer}), flush=True)
