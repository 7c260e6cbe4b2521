import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import type { VaultDouble } from "@rotate/doubles";
import { expect, onTestFinished, test, vi } from "vitest";
import { compiled } from "../support/compiled.ts";
import { root } from "../support/workspace.ts";
import { type Disk, noDisk, openDisk } from "./disk-image.ts";
import { brokenPromises, ledgerOf } from "./power-cut.ts";
import { specFor, startIssuer, token } from "./leases.ts";

const roles = 12;
const cuts = 8;

test.skipIf(noDisk !== undefined)(
  `after a power cut the state is never older than what was done: no lease is unlisted, no file unexplained, nothing revoked in use (${noDisk ?? "on a loop-mounted disk"})`,
  async () => {
    const disk = openDisk();
    onTestFinished(disk.remove);
    const issuer = await startIssuer(roles);
    const machine = startMachine(disk, issuer);
    onTestFinished(machine.stop);
    let last = "";
    for (let index = 0; index < cuts; index++) {
      last = await machine.cutAfter(1 + ((index * 17) % 40));
      const ledger = ledgerOf(issuer);
      expect(disk.inspect(last, (path) => brokenPromises(path, ledger))).toEqual([]);
      machine.goOn();
    }
    await machine.stop();
    disk.restart(last);
    expect(await machine.run()).toBe(0);
    const held = Array.from({ length: roles }, (_, index) => userIn(join(disk.path, `role-${index}.env`)));
    expect(issuer.databaseUsers()).toEqual(expect.arrayContaining(held));
  },
);

/** A machine on which rotate runs all the time, its state and its sinks on the disk. */
function startMachine(disk: Disk, issuer: VaultDouble) {
  const home = mkdtempSync(join(tmpdir(), "rotate-power-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  writeFileSync(join(home, "rotate.yaml"), specFor(issuer, disk.path, roles), { mode: 0o600 });
  const own = { HOME: home, ROTATE_STATE_DIR: join(disk.path, "state"), NODE_COMPILE_CACHE: compiled };
  const env = { PATH: process.env["PATH"] ?? "", VAULT_TOKEN: token, ...own };
  let child: ChildProcess | undefined;
  const power = { on: true };
  const ended = work();

  async function run(...argv: readonly string[]): Promise<number | null> {
    child = spawn(process.execPath, [`${root}/packages/cli/bin/rotate.js`, "run", ...argv], {
      cwd: home,
      env,
      stdio: "ignore",
    });
    const [code] = await once(child, "exit");
    return code as number | null;
  }
  async function work(): Promise<void> {
    while (power.on) await run("--force");
  }
  return {
    run,
    /** Lets the issuer have so many requests more, and takes the power away. Gives the image that is left; nothing moves until `goOn`. */
    async cutAfter(requests: number): Promise<string> {
      const until = issuer.requests.length + requests;
      await vi.waitUntil(() => issuer.requests.length >= until, { timeout: 30_000, interval: 1 });
      child?.kill("SIGSTOP");
      return disk.cut("cut");
    },
    goOn: () => void child?.kill("SIGCONT"),
    stop: async (): Promise<void> => {
      power.on = false;
      child?.kill("SIGKILL");
      await ended;
    },
  };
}

function userIn(path: string): string | undefined {
  return existsSync(path) ? parseEnv(readFileSync(path, "utf8"))["USERNAME"] : undefined;
}
