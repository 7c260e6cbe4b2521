import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createDatabricksDouble } from "@rotate/testkit";
import { root } from "../support/workspace.ts";
import { command, compare, type Timing } from "./measure.ts";

const endpoint = "projects/app/branches/production/endpoints/primary";
const node = process.execPath;
const rotate = [node, join(root, "packages/cli/bin/rotate.js")] as const;

const spec = `version: 1
providers:
  lakebase:
    type: databricks-postgres
    host: { env: DATABRICKS_HOST }
    auth: { method: pat, token: { env: DATABRICKS_TOKEN } }
rotations:
  db:
    provider: lakebase
    request: { endpoint: ${endpoint}, ttl: 1h }
    budget: { perMinute: 1000, perHour: 10000 }
    sinks:
      - { type: dotenv, path: .env, values: { LAKEBASE_PASSWORD: "{{ token }}" } }
    reload:
      - { type: exec, command: [/bin/true] }
`;

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
    writeFileSync(join(folder, file), text);
  return folder;
}

/** Whole commands of the built package against what they replace. @param base an empty folder */
export async function compareCommands(base: string, rounds: number): Promise<readonly (readonly Timing[])[]> {
  const double = await createDatabricksDouble({ pats: { "dapi-bench": "bench@example.com" } });
  const env = {
    PATH: process.env["PATH"],
    HOME: base,
    ROTATE_DIST: "1",
    ROTATE_STATE_DIR: join(base, "state"),
    DATABRICKS_HOST: double.url,
    DATABRICKS_TOKEN: "dapi-bench",
  };
  const ours = { cwd: makeFolder(base, "rotate", { "rotate.yaml": spec }), env };
  const theirs = { cwd: makeFolder(base, "script", { "rotate.sh": script }), env };
  try {
    const bare = { name: "node -e 0", once: command([node, "-e", "0"], ours) };
    const full = await compare(
      [
        { name: "bash + curl + jq", once: command(["bash", "rotate.sh"], theirs) },
        { name: "rotate run, a full rotation", once: command([...rotate, "run", "--force"], ours) },
      ],
      rounds,
    );
    const idle = await compare(
      [
        bare,
        { name: "rotate run, nothing due", once: command([...rotate, "run"], ours) },
        { name: "rotate status", once: command([...rotate, "status"], ours) },
        { name: "rotate --help", once: command([...rotate, "--help"], ours) },
      ],
      rounds,
    );
    return [full, idle];
  } finally {
    await double.close();
  }
}
