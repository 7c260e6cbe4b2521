/** An application on a real database whose users are made by a real `rotate watch` that may do what `rotate databases setup` printed, and no more. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createCuttingProxy, startTlsTrials } from "@rotate/doubles";
import { stringify } from "yaml";
import { compiled } from "../../../support/compiled.ts";
import { packedCommandLine } from "../../../support/packed.ts";
import { until } from "../sidecar-stage.ts";
import { startApplication, type Figures } from "./application.ts";
import { own } from "./database.ts";
import type { DatabaseKind } from "./index.ts";

const run = promisify(execFile);

/** The stage. */
export interface DatabaseStage {
  readonly figures: () => Figures;
  /** A new credential now. Gives its outcome. */
  readonly rotate: () => Promise<string>;
  /** The same, cut off at the nth message of the mint; what was held back arrives afterwards. */
  readonly rotateCutAt: (message: number) => Promise<string>;
  /** What there is of leases on the server. */
  readonly leases: () => Promise<number>;
  /** Passwords that the server wrote or shows somewhere. */
  readonly leaked: () => Promise<number>;
  /** The end of the watch's log. */
  readonly log: () => string;
  /** Ends the application and the watch; gives what became of the application. */
  readonly end: () => Promise<Figures>;
  readonly close: () => Promise<void>;
}

/** Starts all of it, with the first credential in use. @param directory an empty folder */
export async function startDatabaseStage(
  kind: DatabaseKind,
  { directory, clients }: { readonly directory: string; readonly clients: number },
): Promise<DatabaseStage> {
  const trials = await startTlsTrials();
  const database = await kind.start(trials);
  const proxy = await createCuttingProxy(database);
  const { ca: authority = "" } = trials.trial("its authority");
  const ca = await readFile(authority, "utf8");
  await mkdir(join(directory, "app"));
  await copyFile(authority, join(directory, "ca.pem"));
  await writeFile(join(directory, "login"), own.password, { mode: 0o600 });
  const application = await startApplication(database, { directory: join(directory, "app"), ca, clients });

  const place = database.provider(proxy);
  const spec = {
    version: 1,
    name: "shop",
    providers: {
      db: {
        ...("nodes" in place ? {} : { host: "localhost", port: proxy.port }),
        ...place,
        user: own.username,
        password: { file: "login" },
        ca: "ca.pem",
      },
    },
    rotations: {
      "shop-db": {
        provider: "db",
        request: database.request,
        ...(!("ttl" in database.request) && { refresh: { every: "12h" } }),
        overlap: { grace: "0s" },
        retry: { initial: "100ms", max: "1s" },
        budget: { perMinute: 1000, perHour: 10_000 },
        sinks: [
          { type: "dotenv", path: "app/.env", values: { DB_USER: "{{ username }}", DB_PASSWORD: "{{ password }}" } },
        ],
        reload: [{ type: "http", url: application.reloadUrl }],
      },
    },
  };
  await writeFile(join(directory, "rotate.yaml"), stringify(spec));

  async function ask<T>(...argv: readonly string[]): Promise<T> {
    const options = { cwd: directory, env: environment };
    const asked = run(process.execPath, [packedCommandLine().entry, ...argv, "--json"], options);
    const { stdout } = await asked.catch((error: { readonly stdout?: string }) => {
      if (error.stdout) return { stdout: error.stdout };
      throw error;
    });
    return JSON.parse(stdout) as T;
  }
  const { providers } = await ask<{ readonly providers: readonly { readonly statements: readonly string[] }[] }>(
    "databases",
    "setup",
  );
  for (const statement of providers.flatMap(({ statements }) => statements)) await database.run(statement);

  const watch = startWatch(directory);
  await until(async () => application.figures().reloads > 0, watch.log);

  async function rotate(): Promise<string> {
    const { rotations } = await ask<{ readonly rotations: readonly { readonly outcome: string }[] }>("run", "--force");
    return rotations[0]?.outcome ?? "nothing";
  }
  return {
    figures: application.figures,
    rotate,
    async rotateCutAt(message) {
      const cut = proxy.cutAt(message);
      const outcome = await rotate();
      await cut.arrive();
      return outcome;
    },
    leases: database.leases,
    async leaked() {
      const written = await database.written();
      return application.figures().passwords.filter((password) => written.includes(password)).length;
    },
    log: watch.log,
    async end() {
      const figures = await application.stop();
      await watch.end();
      return figures;
    },
    async close() {
      await watch.end();
      await proxy.close();
      await database.close();
      await trials.close();
    },
  };
}

const environment = { ...process.env, NODE_COMPILE_CACHE: compiled, ROTATE_STATE_DIR: "state", NO_COLOR: "1" };

function startWatch(directory: string) {
  const file = join(directory, "rotate.log");
  const log = openSync(file, "a");
  const argv = [packedCommandLine().entry, "watch"];
  const child = spawn(process.execPath, argv, { cwd: directory, env: environment, stdio: ["ignore", log, log] });
  const ended = once(child, "exit");
  return {
    log: () => readFileSync(file, "utf8").slice(-3000),
    async end(): Promise<void> {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
