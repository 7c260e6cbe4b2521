import type { RevokedLease, RevokeReport } from "@rotate/core";
import { exitWith, type ActionInput } from "../action.ts";
import { confirm } from "../confirm.ts";
import { renderError } from "../output/error-text.ts";
import { describeExpiry } from "../output/time.ts";
import type { Paint } from "../output/terminal.ts";
import { withWatch } from "../with-engine.ts";

/** `previous`: only what was replaced already. `yes`: ask nobody. */
export interface RevokeFlags {
  readonly previous?: boolean;
  readonly yes?: boolean;
}

/** `rotate revoke`: kills leases upstream because a person says so. */
export function revoke({
  flags,
  args,
  json,
  terminal,
  ...rest
}: ActionInput<RevokeFlags, { readonly name: string }>): Promise<RevokeReport> {
  const { name } = args;
  const previous = flags.previous === true;
  return withWatch({ flags, json, terminal, ...rest }, {}, async ({ engine, now }) => {
    const what = previous
      ? `the superseded credentials of ${name} are revoked`
      : `the credential of ${name} that is in use is revoked: its consumers stop working until it is rotated`;
    await confirm(name, { yes: flags.yes === true, question: what });
    const report = await engine.revoke(name, { previous });
    if (!json) terminal.out(render(report, { paint: terminal.paint, now: now() }));
    exitWith(report.leases.some(({ result }) => result === "failed") ? 1 : 0);
    return report;
  });
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
