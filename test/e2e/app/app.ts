/**
 * An ordinary application, which knows nothing of rotate. It reads `.env` in its directory once, when it starts, keeps a pool of connections with the password
 * that stood there, and answers over HTTP: `/query` runs a query, `/healthz` says whether the database is there. On SIGTERM it finishes what it has been asked.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "pg";

process.loadEnvFile(".env");

/** How long nobody must have asked anything before a process that was told to stop does so, in milliseconds. */
const quiet = 300;
const portFile = `run/${process.pid}.port`;
// Host, user, password, database and application name are in the environment, where pg finds them. Connections live a second, so new ones are opened all the time.
const ssl = { ca: readFileSync(process.env["PGSSLROOTCERT"] ?? "ca.pem", "utf8") };
const pool = new Pool({ ssl, max: 4, maxLifetimeSeconds: 1, connectionTimeoutMillis: 5000 });
const counts = { queries: 0, failures: 0 };
let lastAsked = Date.now();

async function answer(path: string | undefined, response: ServerResponse): Promise<void> {
  if (path === "/query") lastAsked = Date.now();
  try {
    const { rows } = await pool.query("select current_user, pg_backend_pid() as backend");
    counts.queries += 1;
    send(response, 200, { ...rows[0], ...counts });
  } catch (error) {
    counts.failures += 1;
    send(response, 500, { error: error instanceof Error ? error.message : String(error), ...counts });
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const server = createServer((request, response) => void answer(request.url, response));
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port to listen on");
  writeFileSync(`${portFile}.new`, String(address.port));
  renameSync(`${portFile}.new`, portFile);
});

async function stop(): Promise<void> {
  lastAsked = Date.now();
  while (Date.now() - lastAsked < quiet) await sleep(50);
  await new Promise((closed) => server.close(closed));
  await pool.end();
  rmSync(portFile);
}

process.once("SIGTERM", () => void stop());
// The server may end an idle connection: the pool opens another when it needs one.
pool.on("error", (error) => process.stderr.write(`${error.message}\n`));
