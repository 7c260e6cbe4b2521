#!/usr/bin/env python3
"""Runs a real redis-server for `rotate plugin test ./redis-acl.py`. Speaks docs/authors/testing.md."""
import json, os, shutil, signal, socket, subprocess, sys, tempfile, time

PASSWORD = "password-of-the-manager"
server = folder = None
port = 0


def cli(*words, user="default", password=PASSWORD):
    env = {**os.environ, "REDISCLI_AUTH": password}
    command = ["redis-cli", "-h", "127.0.0.1", "-p", str(port), "--user", user, "--no-auth-warning", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True).stdout.strip()


def start():
    global server, folder, port
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tempfile.mkdtemp()
    config = f"port {port}\nbind 127.0.0.1\nsave \"\"\ndir {folder}\nuser default on >{PASSWORD} ~* &* +@all\n"
    server = subprocess.Popen(["redis-server", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    server.stdin.write(config.encode())
    server.stdin.close()
    while cli("PING") != "PONG":
        time.sleep(0.02)
    return {"options": {"host": "127.0.0.1", "port": port, "password": PASSWORD},
            "request": {"rules": ["+@read", "~app:*"], "ttl": 3600000}, "secrets": [PASSWORD]}


def play(call):
    verb = call["call"]
    if verb == "describe":
        return {"harness": 1, "parts": {"providers/redis-acl": ["refuse", "hang", "isLive", "close"]}}
    if verb == "start":
        return start()
    if verb == "refuse":
        return cli("ACL", "SETUSER", "default", "-acl") and None
    if verb == "hang":
        return server.send_signal(signal.SIGSTOP)
    if verb == "isLive":
        fields = call["fields"]
        return cli("GET", "app:any", user=fields["username"], password=fields["password"]) == ""
    if verb == "close":
        server.kill()
        server.wait()
        shutil.rmtree(folder)


for line in sys.stdin:
    call = json.loads(line)
    if "cancel" not in call:
        print(json.dumps({"id": call["id"], "ok": play(call)}), flush=True)
if server is not None:
    server.kill()
