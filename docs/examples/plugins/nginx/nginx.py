#!/usr/bin/env python3
"""A reload for rotate: nginx, whose configuration is tested first. Speaks docs/plugin-protocol.md, and needs nothing but Python."""
import json, subprocess, sys, time

DESCRIPTION = {"protocol": 1, "reloads": [{
    "type": "nginx",
    "options": {"type": "object", "properties": {
        "config": {"type": "string", "format": "path", "default": "/etc/nginx/nginx.conf", "description": "its main configuration file"},
        "command": {"type": "string", "default": "nginx", "description": "the program"}}},
    # A success is told when the workers of the new configuration take connections.
    "adopts": True,
    "verbs": ["check", "reload"]}]}


class Refused(Exception):
    def __init__(self, code, message, retryable, **more):
        self.error = {"code": code, "message": message, "retryable": retryable, **more}


def nginx(options, *words):
    """What it says on standard error, which may quote lines of the configuration, is for its own log alone."""
    try:
        done = subprocess.run([options["command"], "-c", options["config"], *words], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
    except FileNotFoundError:
        raise Refused("NOT_FOUND", "there is no such program as `command` names", False, hint="install nginx, or name it by its path")
    except PermissionError:
        raise Refused("DENIED", "`command` may not be run", False, hint="may this user run it?")
    except subprocess.TimeoutExpired:
        raise Refused("TIMEOUT", f"nginx {words[0]} does not end", True, hint="what does it wait for?")
    return done.returncode


def test(options):
    if nginx(options, "-t", "-q") != 0:
        raise Refused("INVALID", "nginx finds a fault in its configuration", False, hint=f"run it yourself: nginx -t -c {options['config']}")


def workers(master):
    """The processes of nginx that take connections, by /proc; those that finish old ones are named otherwise."""
    with open(f"/proc/{master}/task/{master}/children") as file:
        children = file.read().split()
    found = set()
    for child in children:
        try:
            with open(f"/proc/{child}/cmdline") as file:
                if "worker process" in (name := file.read()) and "shutting down" not in name:
                    found.add(child)
        except FileNotFoundError:
            pass  # it has just ended
    return found


def master_of(options):
    """By the pid file that the configuration names."""
    dumped = subprocess.run([options["command"], "-c", options["config"], "-T", "-q"], capture_output=True, text=True, timeout=60).stdout
    names = [line.split()[1].rstrip(";") for line in dumped.splitlines() if line.strip().startswith("pid ")]
    try:
        with open(names[0] if names else "/run/nginx.pid") as file:
            return int(file.read())
    except (FileNotFoundError, ValueError):
        raise Refused("UNAVAILABLE", "nginx does not run", True, hint="start it: a reload is for one that runs")


def reload(options):
    test(options)  # a reload with a fault in it would leave the old one running, and say so in the log only
    master = master_of(options)
    before = workers(master)
    if nginx(options, "-s", "reload") != 0:
        raise Refused("FAILED", "nginx did not take the signal", True, hint="does it run, and as this user?")
    until = time.monotonic() + 30
    while workers(master) & before or not workers(master):
        if time.monotonic() > until:
            raise Refused("TIMEOUT", "nginx has no new workers", True, hint="see its error log")
        time.sleep(0.02)


def serve(call):
    verb = call["call"]
    if verb == "describe":
        return DESCRIPTION
    if verb == "check":
        return test(call["options"])
    if verb == "reload":
        return reload(call["options"])
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
