/** Prometheus' own checker of rules and metrics, out of Debian's package: the package itself would start a server. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { findProgram } from "@rotate/doubles";
import { root } from "./workspace.ts";

const brought = join(root, ".cache/test-tools/promtool");

/** By its whole path: what was brought, else what the machine has. Undefined when there is neither. */
export function promtoolProgram(): string | undefined {
  return existsSync(brought) ? brought : findProgram("promtool");
}

/** Brings it, unless it is there or cannot be had: why not is what comes back. Debian's archive is signed; which version it is depends on the release. */
export function bringPromtool(): string {
  if (promtoolProgram() !== undefined) return "there";
  mkdirSync(dirname(brought), { recursive: true });
  const draft = mkdtempSync(join(dirname(brought), "bringing-"));
  try {
    const run = (program: string, ...argv: readonly string[]): string =>
      execFileSync(program, argv, { cwd: draft, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    run("apt-get", "-o", "APT::Sandbox::User=root", "download", "-qq", "prometheus");
    run(
      "dpkg-deb",
      "-x",
      readdirSync(draft).find((name) => name.endsWith(".deb"))!,
      "root",
    );
    copyFileSync(join(draft, "root/usr/bin/promtool"), brought);
    return "brought";
  } catch (error) {
    return `not to be had: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
