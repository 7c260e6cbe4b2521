import type { Call, RouteReply, Services } from "../call.ts";
import type { Engine } from "../types.ts";
import { createAwsEngine } from "./aws.ts";
import { createDatabaseEngine } from "./database.ts";
import { createKvEngine } from "./kv.ts";
import { createPkiEngine } from "./pki.ts";

/** What an engine does for a path below its mount; undefined: it has no such path. */
export type EngineRoute = (call: Call, path: string) => Promise<RouteReply | undefined>;

/** A secrets engine at its mount. */
export interface MountedEngine {
  readonly handle: EngineRoute;
  /** Database users that live. */
  readonly users: () => readonly string[];
}

function none(): readonly string[] {
  return [];
}

/** The engine of one mount. */
export function createEngine(engine: Engine, services: Services): MountedEngine {
  switch (engine.type) {
    case "database":
      return createDatabaseEngine(engine, services);
    case "aws":
      return { handle: createAwsEngine(engine), users: none };
    case "pki":
      return { handle: createPkiEngine(engine, services), users: none };
    case "kv":
      return { handle: createKvEngine(engine, services), users: none };
  }
}
