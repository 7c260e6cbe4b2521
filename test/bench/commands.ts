import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createDatabricksDouble } from "@rotate/doubles";
import { executableIn } from "../deploy/container.ts";
import { command, compare, type Timing } from "./measure.ts";

const endpoint = "projects/app/branches/production/endpoints/primary";
const node = process.execPath;

const head = `version: 1
providers:
  lakebase:
    type: databricks-postgres
    host: { env: DATABRICKS_HOST }
    auth: { method: pat, token: { env: DATABRICKS_TOKEN } }
rotations:
`;

/** @param reload as its list has it: a reload of its own, or the name of one that others have as well */
function rotationOf(name: string, path: string, reload = "{ type: exec, command: [/bin/true] }"): string {
  return `  ${name}:
    provider: lakebase
    request: { endpoint: ${endpoint}, ttl: 1h }
    budget: { perMinute: 1000, perHour: 10000 }
    maxLive: 100
    sinks:
      - { type: dotenv, path: ${path}, values: { LAKEBASE_PASSWORD: "{{ token }}" } }
    reload:
      - ${reload}
`;
}

/** Once for all that name it. */
const shared = `reloads:
  app: { type: exec, command: [/bin/true] }
`;

/** Forced mints leave their predecessors alive, and a rotation has at most this many. */
const mostRounds = 90;
const many = 100;

/** The job as people write it for cron: the same request, the same file, replaced in one move. */
const script = `#!/usr/bin/env bash
set -euo pipefail
token=$(curl -sS --fail -X POST "$DATABRICKS_HOST/api/2.0/postgres/credentials" \\
  -H "Authorization: Bearer $DATABRICKS_TOKEN" -H "Content-Type: application/json" \\
  -d '{"endpoint":"${endpoint}"}' | jq -r .token)
umask 077
next=$(mktemp .env.XXXXXX)
grep -v '^LAKEBASE_PASSWORD=' .env >"$next" || true
printf 'LAKEBASE_PASSWORD=%s\\n' "$token" >>"$next"
mv "$next" .env
/bin/true
`;

function makeFolder(base: string, name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(base, name);
  mkdirSync(folder);
  for (const [file, text] of Object.entries({ ".env": "PORT=8080\n", ...files }))
    writeFileSync(join(folder, file), text, { mode: 0o600 });
  return folder;
}

export interface Comparisons {
  readonly full: readonly Timing[];
  readonly idle: readonly Timing[];
  readonly many: readonly Timing[];
  /** Bytes of the executable. */
  readonly size: number;
}

/** Whole commands of the packed command line against what they replace. @param base an empty folder @param program the packed `rotate` */
export async function compareCommands(base: string, program: string, asked: number): Promise<Comparisons> {
  const double = await createDatabricksDouble({ pats: { "dapi-bench": "bench@example.com" } });
  const env = {
    PATH: process.env["PATH"],
    HOME: base,
    ROTATE_STATE_DIR: join(base, "state"),
    DATABRICKS_HOST: double.url,
    DATABRICKS_TOKEN: "dapi-bench",
  };
  const rounds = Math.min(asked, mostRounds);
  const rotate = [node, program] as const;
  const executable = executableIn(base);
  const names = Array.from({ length: many }, (_, index) => `db-${index}`);
  const hundred = head + names.map((name) => rotationOf(name, `${name}.env`, "app")).join("") + shared;
  const one = { cwd: makeFolder(base, "one", { "rotate.yaml": head + rotationOf("db", ".env") }), env };
  const all = { cwd: makeFolder(base, "hundred", { "rotate.yaml": hundred }), env };
  const theirs = { cwd: makeFolder(base, "script", { "rotate.sh": script }), env };
  const loop = ["bash", "-c", `for i in {1..${many}}; do bash rotate.sh; done`] as const;
  try {
    return {
      full: await compare(
        [
          { name: "bash + curl + jq", once: command(["bash", "rotate.sh"], theirs) },
          { name: "rotate run, a full rotation", once: command([...rotate, "run", "--force"], one) },
        ],
        rounds,
      ),
      idle: await compare(
        [
          { name: "node -e 0", once: command([node, "-e", "0"], one) },
          { name: "rotate run, nothing due", once: command([...rotate, "run"], one) },
          { name: "rotate status", once: command([...rotate, "status"], one) },
          { name: "rotate --help", once: command([...rotate, "--help"], one) },
          { name: "the executable, nothing due", once: command([executable, "run"], one) },
        ],
        rounds,
      ),
      many: await compare(
        [
          { name: `bash + curl + jq, ${many} times`, once: command(loop, theirs) },
          {
            name: `rotate run of ${many} rotations that share a reload`,
            once: command([...rotate, "run", "--force"], all),
          },
        ],
        Math.ceil(rounds / 7),
      ),
      size: statSync(executable).size,
    };
  } finally {
    await double.close();
  }
}
