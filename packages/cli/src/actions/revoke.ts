import type { RevokedLease, RevokeReport } from "@rotate/core";
import { exitWith, type ActionInput } from "../action.ts";
import { confirm } from "../confirm.ts";
import { UsageError } from "../failure.ts";
import { renderError } from "../output/error-text.ts";
import { describeExpiry } from "../output/time.ts";
import type { Paint } from "../output/terminal.ts";
import { withWatch } from "../with-engine.ts";

/** `previous`: only what was replaced already. `all`: every rotation of the spec. `yes`: ask nobody. */
export interface RevokeFlags {
  readonly previous?: boolean;
  readonly yes?: boolean;
  readonly all?: boolean;
}

type Input = ActionInput<RevokeFlags, { readonly name?: string | undefined }>;

/** What `--all` did, in the order of the spec. */
export interface RevokeAllReport {
  readonly version: 1;
  readonly rotations: readonly RevokeReport[];
}

/** `rotate revoke`: kills leases upstream because a person says so. */
export function revoke(input: Input): Promise<RevokeReport | RevokeAllReport> {
  const { flags, json, terminal } = input;
  const { name } = input.args;
  if ((name === undefined) !== (flags.all === true))
    throw new UsageError("revoke needs one rotation, or --all", "write it like rotate revoke app-db");
  const previous = flags.previous === true;
  return withWatch(input, {}, async ({ engine, names, now }) => {
    const chosen = name === undefined ? names : [name];
    await confirm(name ?? "all", { yes: flags.yes === true, question: questionOf(name, previous) });
    const reports: RevokeReport[] = [];
    for (const each of chosen) {
      const report = await engine.revoke(each, { previous });
      if (!json) terminal.out(render(report, { paint: terminal.paint, now: now() }));
      reports.push(report);
    }
    exitWith(reports.some(({ leases }) => leases.some(({ result }) => result === "failed")) ? 1 : 0);
    const [only] = reports;
    return name !== undefined && only !== undefined ? only : { version: 1, rotations: reports };
  });
}

function questionOf(name: string | undefined, previous: boolean): string {
  const [which, its] = name === undefined ? ["all rotations", "their"] : [name, "its"];
  return previous
    ? `the superseded credentials of ${which} are revoked`
    : `what is in use of ${which} is revoked: ${its} consumers stop working until it is rotated`;
}

function render({ name, leases }: RevokeReport, { paint, now }: { paint: Paint; now: number }): string {
  if (leases.length === 0) return `${name}  nothing to revoke`;
  return leases
    .flatMap((lease) => [
      `${name}  ${lease.id}  ${describe(lease, now)}`,
      ...(lease.error ? renderError(lease.error, paint) : []),
    ])
    .join("\n");
}

function describe({ result, expiresAt }: RevokedLease, now: number): string {
  if (result === "revoked") return "revoked";
  const why = result === "failed" ? "not revoked" : "cannot be revoked from here";
  return `${why}: it ${describeExpiry(expiresAt, now)}`;
}
