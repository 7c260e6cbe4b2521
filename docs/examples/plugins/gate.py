#!/usr/bin/env python3
"""A probe for rotate: does a gate let the token in? Speaks docs/plugin-protocol.md, and needs nothing but Python."""
import http.client, json, sys, urllib.error, urllib.request

DESCRIPTION = {"protocol": 1, "probes": [{
    "type": "gate",
    "options": {"type": "object", "required": ["url", "token"], "properties": {
        "url": {"type": "string", "format": "uri", "description": "the address of the gate"},
        # In `verify` this is a template, "{{ token }}": the new credential, before anything is written.
        "token": {"type": "string", "secret": True, "description": "what is shown to the gate"}}},
    "verbs": ["probe"]}]}


class Refused(Exception):
    def __init__(self, code, message, retryable, **more):
        self.error = {"code": code, "message": message, "retryable": retryable, **more}


def show(options):
    request = urllib.request.Request(options["url"] + "/enter", headers={"authorization": "Bearer " + options["token"]})
    try:
        with urllib.request.urlopen(request, timeout=20):
            return
    except urllib.error.HTTPError as error:
        code = "DENIED" if error.code in (401, 403) else "UNAVAILABLE" if error.code >= 500 else "INVALID"
        raise Refused(code, f"the gate refused (HTTP {error.code})", code == "UNAVAILABLE", hint="is the token meant for this gate?")
    except (OSError, http.client.HTTPException):
        raise Refused("UNAVAILABLE", "the gate does not answer", True, hint="is `url` right?")


def serve(call):
    verb = call["call"]
    if verb == "describe":
        return DESCRIPTION
    if verb == "probe":
        show(call["options"])
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
