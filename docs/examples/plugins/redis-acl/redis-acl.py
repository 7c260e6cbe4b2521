#!/usr/bin/env python3
"""A provider for rotate: a user of Redis' access control list for each mint. Speaks docs/plugin-protocol.md and RESP, and needs nothing but Python."""
import json, secrets, socket, sys

DESCRIPTION = {"protocol": 1, "providers": [{
    "type": "redis-acl",
    "options": {"type": "object", "required": ["host", "password"], "properties": {
        "host": {"type": "string", "description": "where Redis listens"},
        "port": {"type": "integer", "default": 6379, "description": "its port"},
        "user": {"type": "string", "default": "default", "description": "who may manage users (`+acl`)"},
        "password": {"type": "string", "secret": True, "description": "the manager's"}}},
    "request": {"type": "object", "required": ["rules"], "properties": {
        "rules": {"type": "array", "items": {"type": "string"}, "minItems": 1, "description": "as ACL SETUSER takes them, such as +@read ~app:*"},
        "ttl": {"type": "string", "format": "duration", "default": "1h", "description": "after which rotate makes another"}}},
    "fields": {"username": {"secret": False, "description": "the user's name"}, "password": {"secret": True, "description": "the user's password"}},
    "handle": {"type": "object", "required": ["username"], "properties": {"username": {"type": "string"}}},
    "verbs": ["check", "mint", "revoke"]}]}

# What Redis says first, and what it means: redis.io/docs/latest/develop/reference/protocol-spec (simple errors).
CODES = {"NOPERM": "DENIED", "WRONGPASS": "DENIED", "NOAUTH": "DENIED", "LOADING": "UNAVAILABLE", "BUSY": "UNAVAILABLE",
         "MASTERDOWN": "UNAVAILABLE", "READONLY": "INVALID", "OOM": "UNAVAILABLE"}


class Refused(Exception):
    def __init__(self, code, message, retryable, **more):
        self.error = {"code": code, "message": message, "retryable": retryable, **more}


class Redis:
    """A connection that has logged in."""

    def __init__(self, options):
        try:
            self.socket = socket.create_connection((options["host"], options["port"]), timeout=20)
        except OSError:
            raise Refused("UNAVAILABLE", "redis does not answer", True, noEffect=True, hint="are `host` and `port` right?")
        self.lines = self.socket.makefile("rb")
        self.ask("AUTH", options["user"], options["password"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, *words):
        parts = [b"*%d\r\n" % len(words)]
        for word in words:
            data = word.encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
        try:
            self.socket.sendall(b"".join(parts))
            return self.read(words[0])
        except (OSError, ValueError):  # it may have been done
            raise Refused("UNAVAILABLE", f"redis broke off during {words[0]}", True, hint="is the server well?")

    def read(self, command):
        line = self.lines.readline()
        if not line.endswith(b"\r\n"):
            raise ValueError("cut")
        kind, text = line[:1], line[1:-2].decode()
        if kind == b"-":
            word = text.split(" ", 1)[0]
            code = CODES.get(word, "INVALID")
            # Only Redis' own word is told: its sentence may repeat what it was sent.
            raise Refused(code, f"redis refused {command} ({word})", code == "UNAVAILABLE",
                          hint="may `user` manage users (`+acl`)?" if code == "DENIED" else "see `rules`, and the server's log", noEffect=True)
        if kind == b"$":
            size = int(text)
            return None if size < 0 else self.lines.read(size + 2)[:-2].decode()
        if kind == b"*":
            return [self.read(command) for _ in range(int(text))]
        return text


def mint(call):
    username, password = call["leaseId"], secrets.token_urlsafe(32)
    with Redis(call["options"]) as redis:
        # `reset` first: a user of this name can only be left over from the same attempt.
        redis.ask("ACL", "SETUSER", username, "reset", "on", ">" + password, *call["request"]["rules"])
    return {"fields": {"username": username, "password": password}, "expires": {"in": call["request"]["ttl"]}, "handle": {"username": username}}


def serve(call):
    verb = call["call"]
    if verb == "describe":
        return DESCRIPTION
    if verb == "check":
        with Redis(call["options"]) as redis:
            redis.ask("ACL", "USERS")
        return None
    if verb == "mint":
        return mint(call)
    if verb == "revoke":
        with Redis(call["options"]) as redis:
            redis.ask("ACL", "DELUSER", call["lease"]["handle"]["username"])  # counts; none is a success. Ends its connections, too
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
