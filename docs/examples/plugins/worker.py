#!/usr/bin/env python3
"""A reload for rotate: asks a worker to read its configuration anew. Speaks docs/plugin-protocol.md, and needs nothing but Python."""
import http.client, json, sys, urllib.error, urllib.request

DESCRIPTION = {"protocol": 1, "reloads": [{
    "type": "worker",
    "options": {"type": "object", "required": ["url"], "properties": {
        "url": {"type": "string", "format": "uri", "description": "the address of the worker's control"}}},
    # The worker answers only when it works with what it has read: success shows that the consumer holds the new credential.
    "adopts": True,
    "verbs": ["check", "reload"]}]}


class Refused(Exception):
    def __init__(self, code, message, retryable, **more):
        self.error = {"code": code, "message": message, "retryable": retryable, **more}


def ask(options, method, path):
    try:
        with urllib.request.urlopen(urllib.request.Request(options["url"] + path, method=method), timeout=20):
            return
    except urllib.error.HTTPError as error:
        raise Refused("UNAVAILABLE" if error.code >= 500 else "INVALID", f"the worker refused (HTTP {error.code})", error.code >= 500,
                      hint="see the worker's own log")
    except (OSError, http.client.HTTPException):
        raise Refused("UNAVAILABLE", "the worker does not answer", True, hint="does it run, and is `url` right?")


def serve(call):
    verb = call["call"]
    if verb == "describe":
        return DESCRIPTION
    if verb == "check":
        ask(call["options"], "GET", "/status")
        return None
    if verb == "reload":  # at least once: after a crash it comes again
        ask(call["options"], "POST", "/reload")
        return None
    raise Refused("INVALID", "no such verb", False)


for line in sys.stdin:
    call = json.loads(line)
    if "cancel" in call:
        continue  # one call at a time: whatever it names is over
    try:
        answer = {"ok": serve(call)}
    except Refused as refused:
        answer = {"error": refused.error}
    print(json.dumps({"id": call["id"], **answer}), flush=True)
