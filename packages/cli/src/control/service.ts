import { chmodSync, rmSync } from "node:fs";
import { connect } from "node:net";
import type { Runtime, Service } from "@rotate/core";
import { fail } from "../views/answer.ts";
import { handlerOf } from "../views/service.ts";
import { bound } from "../views/connections.ts";
import { closeServer, listen, plainServer } from "../views/server.ts";
import { isPossible, socketPath } from "./place.ts";
import { controlRoutes } from "./routes.ts";

/** Where the socket is, and who answers on it. */
export interface ControlOptions {
  /** Of the state. */
  readonly directory: string;
  readonly runtime: Runtime;
}

/** The service that `run`, `revoke`, `eject` and `status` ask: one minter, also for what people do by hand. Without its socket they work by themselves, and safely. */
export function createControl({ directory, runtime }: ControlOptions): Service {
  const path = socketPath(directory);
  return {
    name: "control socket",
    async start(daemon) {
      const problem = isPossible(path) ? await makeWay(path) : tooLong(path);
      if (problem !== undefined) {
        runtime.log.warn(problem);
        return async () => undefined;
      }
      const startedAt = new Date(daemon.now()).toISOString();
      const handler = handlerOf(controlRoutes({ daemon, runtime, startedAt }), refuseOthers, runtime);
      const server = await plainServer(handler);
      bound(server);
      await listen(server, { path });
      chmodSync(path, 0o600);
      runtime.log.debug("commands ask this watch", { path });
      return async () => {
        await closeServer(server);
        rmSync(path, { force: true });
      };
    },
  };
}

async function refuseOthers({ method }: { readonly method?: string | undefined }) {
  return method === "GET" || method === "POST" ? undefined : fail(405, "GET and POST are answered here");
}

/** Takes away what a process that died has left. */
async function makeWay(path: string): Promise<string | undefined> {
  if (await isAnswered(path))
    return `another \`rotate watch\` works on this state (${path}): both share its locks, and commands ask the other one`;
  rmSync(path, { force: true });
  return undefined;
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on("connect", () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}

function tooLong(path: string): string {
  const length = Buffer.byteLength(path);
  return `no command can ask this watch: the path of its socket has ${length} bytes, and the system takes 106 (${path}); a shorter --state-dir helps`;
}
