#!/usr/bin/env python3
"""Runs a real nginx for `rotate plugin test ./nginx.py`. Speaks docs/authors/testing.md."""
import json, os, shutil, subprocess, sys, tempfile

folder = tempfile.mkdtemp()
config, log = f"{folder}/nginx.conf", f"{folder}/error.log"
master = None


def start():
    global master
    with open(config, "w") as file:
        file.write(f"pid {folder}/nginx.pid; error_log {log} notice; events {{}}\n"
                   f"http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;\n"
                   f"uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi; server {{ listen unix:{folder}/socket; }} }}\n")
    master = subprocess.Popen(["nginx", "-c", config, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
    while not os.path.exists(f"{folder}/nginx.pid") or "start worker process " not in open(log).read():
        if master.poll() is not None:
            sys.exit("nginx did not start")
    return {"options": {"config": config}}


def play(call):
    verb = call["call"]
    if verb == "describe":
        return {"harness": 1, "parts": {"reloads/nginx": ["refuse", "count", "close"]}}
    if verb == "start":
        return start()
    if verb == "refuse":
        with open(config, "a") as file:
            file.write("no such directive;\n")
        return None
    if verb == "count":
        return open(log).read().count("SIGHUP) received")
    if verb == "close":
        end()


def end():
    if master is not None:
        master.terminate()
        master.wait()
    shutil.rmtree(folder, ignore_errors=True)


for line in sys.stdin:
    call = json.loads(line)
    if "cancel" not in call:
        print(json.dumps({"id": call["id"], "ok": play(call)}), flush=True)
end()
