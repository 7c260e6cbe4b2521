#!/usr/bin/env python3
"""A sink for rotate: keys of the Shelf service, which keeps one JSON document with a version. Speaks docs/plugin-protocol.md."""
import http.client, json, sys, urllib.error, urllib.request

DESCRIPTION = {"protocol": 1, "sinks": [{
    "type": "shelf",
    "scope": "anywhere",
    "options": {"type": "object", "required": ["url", "path"], "properties": {
        "url": {"type": "string", "format": "uri", "description": "the address of the service"},
        "path": {"type": "string", "pattern": "^[a-z0-9/]+$", "description": "which document"}}},
    "keys": {"pattern": "[A-Z][A-Z0-9_]*", "description": "upper-case words"},
    "target": "{url} document {path}",
    "verbs": ["check", "read", "prepare", "commit", "undo", "fence"]}]}


class Refused(Exception):
    def __init__(self, code, message, retryable, **more):
        self.error = {"code": code, "message": message, "retryable": retryable, **more}


def service(options, method="GET", body=None):
    request = urllib.request.Request(f"{options['url']}/{options['path']}", method=method,
                                     data=None if body is None else json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        if error.code == 409:
            raise Refused("CONFLICT", "somebody else changed the document", True, hint="it is tried again")
        if error.code >= 500:
            raise Refused("UNAVAILABLE", f"the shelf failed (HTTP {error.code})", True, hint="is the service well?")
        raise Refused("DENIED" if error.code in (401, 403) else "INVALID", f"the shelf refused (HTTP {error.code})", False,
                      hint="is `path` right, and may this host write it?")
    except (OSError, http.client.HTTPException):  # it may have been written
        raise Refused("UNAVAILABLE", "the shelf does not answer", True, hint="is `url` right?")
    except ValueError:
        raise Refused("BAD_ANSWER", "the shelf answered something else than JSON", True, hint="is `url` that of a shelf?")


def write(options, version, change):
    """Compare and swap: the version that was read, or a conflict."""
    values = {**service(options)["values"], **{key: value for key, value in change.items() if value is not None}}
    for key in [key for key, value in change.items() if value is None]:
        values.pop(key, None)
    service(options, "PUT", {"version": version, "values": values})


def serve(call):
    verb = call["call"]
    if verb == "describe":
        return DESCRIPTION
    options = call["options"]
    if verb == "check":
        service(options)
        return None
    if verb == "read":
        return {key: value for key, value in service(options)["values"].items() if key in call["keys"]}
    if verb == "prepare":
        document, new = service(options), call["values"]
        before = {key: document["values"].get(key) for key in new}
        # What commit and undo need; the engine keeps it in memory and hands it back, even to another process.
        return {"changed": before != new, "undo": True, "state": {"version": document["version"], "before": before, "new": new}}
    if verb == "commit":
        state = call["state"]
        write(options, state["version"], state["new"])
        return None
    if verb == "undo":
        if not call["begun"]:  # never written: what looks like ours is another process's
            return None
        state = call["state"]
        document = service(options)
        now = {key: document["values"].get(key) for key in state["new"]}
        if now == state["before"]:
            return None
        if now != state["new"]:
            raise Refused("CONFLICT", "somebody else changed the document", False, hint="see who else writes it")
        write(options, document["version"], state["before"])
        return None
    if verb == "fence":  # a write whose answer was lost, and which is still on its way, finds another version
        service(options, "PUT", service(options))
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
