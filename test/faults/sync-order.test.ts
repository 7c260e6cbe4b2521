import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { compiled } from "../support/compiled.ts";
import { specFor, startIssuer, token } from "./leases.ts";
import { noTrace, stepsOf } from "./system-calls.ts";

/** What is on the disk before what; anything may happen in between. */
const order = [
  "journal intent",
  "sync journal",
  "ask GET /v1/database/creds/role-0",
  "journal committing",
  "sync journal",
  "rename role-0.env",
  "sync FOLDER",
  "journal settled",
  "journal revoking",
  "sync journal",
  "ask POST /v1/sys/leases/revoke",
];

test.skipIf(noTrace !== undefined)(
  `each act is on the disk before it is done: the mint, the write, the revocation (${noTrace ?? "by its system calls"})`,
  async () => {
    const cwd = mkdtempSync(join(tmpdir(), "rotate-order-"));
    onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
    const issuer = await startIssuer(1);
    writeFileSync(join(cwd, "rotate.yaml"), specFor(issuer, cwd, 1), { mode: 0o600 });
    const own = { HOME: cwd, ROTATE_STATE_DIR: join(cwd, "state"), NODE_COMPILE_CACHE: compiled };
    const env = { PATH: process.env["PATH"] ?? "", VAULT_TOKEN: token, ...own };
    const first = await stepsOf(["run"], { cwd, env });
    expect(inOrder(first, cwd)).toEqual(order.slice(0, order.indexOf("journal revoking")));
    const second = await stepsOf(["run", "--force"], { cwd, env });
    expect(inOrder(second, cwd)).toEqual(order);
    expect(issuer.leases()).toHaveLength(1);
  },
);

/** As much of the order as was kept: each step is looked for behind the one before it. */
function inOrder(steps: readonly string[], folder: string): readonly string[] {
  const told = steps.map((step) => step.replace(folder, "FOLDER"));
  const kept: string[] = [];
  let from = 0;
  for (const step of order) {
    const at = told.indexOf(step, from);
    if (at < 0) return kept;
    kept.push(step);
    from = at + 1;
  }
  return kept;
}
