#!/usr/bin/env python3
"""A notifier for rotate: pins a note to a notice board. Speaks docs/plugin-protocol.md, and needs nothing but Python."""
import http.client, json, sys, urllib.error, urllib.request

DESCRIPTION = {"protocol": 1, "notifiers": [{
    "type": "board",
    "scope": "anywhere",
    "options": {"type": "object", "required": ["url", "key"], "properties": {
        "url": {"type": "string", "format": "uri", "description": "the address of the board"},
        "key": {"type": "string", "secret": True, "description": "who may pin"}}},
    "verbs": ["notify"]}]}


class Refused(Exception):
    def __init__(self, code, message, retryable, **more):
        self.error = {"code": code, "message": message, "retryable": retryable, **more}


def pin(options, note):
    request = urllib.request.Request(options["url"] + "/notes", method="POST", data=json.dumps(note).encode(),
                                     headers={"authorization": "Bearer " + options["key"], "content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20):
            return
    except urllib.error.HTTPError as error:
        code = "DENIED" if error.code in (401, 403) else "UNAVAILABLE" if error.code >= 500 else "INVALID"
        raise Refused(code, f"the board refused (HTTP {error.code})", code == "UNAVAILABLE", hint="may the `key` pin notes?")
    except (OSError, http.client.HTTPException):
        raise Refused("UNAVAILABLE", "the board does not answer", True, hint="is `url` right?")


def serve(call):
    verb = call["call"]
    if verb == "describe":
        return DESCRIPTION
    if verb == "notify":
        alarm = call["alarm"]
        # `delivery` is the same when a note has to be sent again: the board shows two with one id as one.
        pin(call["options"], {"id": alarm["delivery"], "thread": alarm["id"], "over": alarm["status"] == "resolved", "text": alarm["text"]})
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
