#!/usr/bin/env python3
"""A provider for rotate: tokens of the Acme API. Speaks docs/plugin-protocol.md, and needs nothing but Python."""
import http.client, json, sys, urllib.error, urllib.request

DESCRIPTION = {"protocol": 1, "providers": [{
    "type": "acme",
    "options": {"type": "object", "required": ["url", "key"], "properties": {
        "url": {"type": "string", "format": "uri", "description": "the address of the API"},
        "key": {"type": "string", "secret": True, "description": "the API key"}}},
    "request": {"type": "object", "properties": {"ttl": {"type": "string", "format": "duration", "default": "1h"}}},
    "fields": {"token": {"secret": True, "description": "an API token"}},
    "handle": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
    "verbs": ["check", "mint", "revoke"]}]}

CODES = {401: "DENIED", 403: "DENIED", 404: "NOT_FOUND", 409: "CONFLICT", 429: "RATE_LIMITED"}


class Refused(Exception):
    def __init__(self, code, message, retryable, **more):
        self.error = {"code": code, "message": message, "retryable": retryable, **more}


def api(options, method, path, body=None):
    request = urllib.request.Request(options["url"] + path, method=method,
                                     data=None if body is None else json.dumps(body).encode(),
                                     headers={"authorization": "Bearer " + options["key"], "content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        code = CODES.get(error.code, "UNAVAILABLE" if error.code >= 500 else "INVALID")
        wait = error.headers.get("retry-after", "")
        raise Refused(code, f"acme refused (HTTP {error.code})", code in ("RATE_LIMITED", "UNAVAILABLE"),
                      hint="may the `key` do this?" if code == "DENIED" else "see what the API says of this status",
                      **({"retryAfter": int(wait) * 1000} if wait.isdigit() else {}))
    except (OSError, http.client.HTTPException) as error:  # it may have been done: only a refused connection says that it was not
        never_sent = isinstance(getattr(error, "reason", None), ConnectionRefusedError)
        raise Refused("UNAVAILABLE", "acme does not answer", True, noEffect=never_sent, hint="is `url` right?")
    except ValueError:
        raise Refused("BAD_ANSWER", "acme answered something else than JSON", True, hint="is `url` that of acme?")


def serve(call):
    verb = call["call"]
    if verb == "describe":
        return DESCRIPTION
    options = call["options"]
    if verb == "check":
        api(options, "GET", "/tokens")
        return None
    if verb == "mint":
        token = api(options, "POST", "/tokens", {"name": call["leaseId"], "ttl": call["request"]["ttl"] // 1000})
        return {"fields": {"token": token["secret"]}, "expires": token["expires"], "handle": {"id": token["id"]}}
    if verb == "revoke":
        try:
            api(options, "DELETE", "/tokens/" + call["lease"]["handle"]["id"])
        except Refused as refused:
            if refused.error["code"] != "NOT_FOUND":  # revoking what is gone succeeds
                raise
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
