import { refusalContract } from "@rotate/testkit";
import { describe, test } from "vitest";
import { refusals } from "../src/refusals.ts";

refusalContract(
  { describe, test },
  {
    name: "the Docker Engine",
    of: "http",
    table: refusals,
    samples: [
      { status: 404, said: "No such image: app:1", is: "missing" },
      { status: 404, said: "network app_default not found", is: "missing" },
      { status: 404, said: "No such container: app", is: "missing" },
      { status: 409, said: "removal of container app is already in progress", is: "raced" },
      { status: 409, said: 'Conflict. The container name "/app" is already in use by container "1f"', is: "conflict" },
      { status: 409, said: "container app is paused", is: "conflict" },
      { status: 409, said: "container app is not running", is: "conflict" },
      { status: 409, said: "something else", is: "conflict" },
      { status: 403, said: "authorization denied by plugin opa", is: "denied" },
      { status: 429, said: "too many requests", is: "limited" },
      {
        status: 500,
        said: "driver failed programming external connectivity: Bind for 0.0.0.0:80 failed: port is already allocated",
        is: "refusedYet",
      },
      { status: 500, said: "write /var/lib/docker/x: no space left on device", is: "refusedYet" },
      {
        status: 500,
        said: 'OCI runtime create failed: exec: "app": executable file not found in $PATH',
        is: "refused",
      },
      { status: 503, said: "This node is not a swarm manager", is: "wait" },
      { status: 500, said: "unexpected", is: "failed" },
      { status: 400, said: "invalid reference format", is: "invalid" },
      { status: 401, said: "unauthorized", is: "denied" },
      { status: 302, said: "", is: "stranger" },
    ],
  },
);
