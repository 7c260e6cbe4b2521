import { RotateError, type SinkContext } from "@rotate/plugin-kit";
import type { VaultLogin } from "../login/index.ts";
import { checkRights } from "../read.ts";
import { engineOf } from "./engine.ts";
import { dataPath, type KvContext, type KvOptions } from "./options.ts";
import { readStored, refuseUnwritable, type Stored } from "./stored.ts";

/** Could the secret be written now? Throws what stands in the way, before anything is minted. */
export async function checkStored(ctx: SinkContext<KvOptions, VaultLogin>): Promise<void> {
  await checkRights(ctx, { asked: [] });
  const engine = await engineOf(ctx);
  const path = dataPath(ctx, engine);
  await checkRights(ctx, { asked: [{ path, capability: "read" }] });
  const stored = await readStored(engine, ctx);
  refuseAbsent(stored, ctx);
  refuseUnwritable(stored, ctx);
  await checkRights(ctx, { asked: neededFor(stored, path) });
  tellOf(stored, ctx);
}

/** Throws NOT_FOUND where a secret that is not there is not to be made. */
export function refuseAbsent({ data, engine, version }: Stored, ctx: KvContext): void {
  if (data !== undefined || ctx.options.create) return;
  const { mount, path } = ctx.options;
  const what = version > 0 ? "its newest version is deleted" : "there is no such secret";
  throw new RotateError(`${dataPath(ctx, engine)}: ${what}`, {
    code: "NOT_FOUND",
    retryable: false,
    noEffect: true,
    hint: `store it once (vault kv put -mount=${mount} ${path} …), or set \`create: true\``,
  });
}

/** Undoing a first write takes its version away. */
function neededFor({ data, engine, version }: Stored, path: string) {
  const write = { path, capability: version > 0 || data !== undefined ? "update" : "create" } as const;
  if (data !== undefined) return [write];
  return engine === "kv1"
    ? [write, { path, capability: "delete" } as const]
    : [write, { path: path.replace(/\/data\//, "/delete/"), capability: "update" } as const];
}

function tellOf(stored: Stored, ctx: SinkContext<KvOptions, VaultLogin>): void {
  const { keptFor, data, marked, engine } = stored;
  const { keys = [], ours = false, every, log } = ctx;
  const path = dataPath(ctx, engine);
  if (keptFor !== undefined && every !== undefined && keptFor <= every)
    throw new RotateError(
      `the server deletes each version of ${path} ${minutes(keptFor)} after it is written, before the next one comes`,
      {
        code: "INVALID",
        retryable: false,
        noEffect: true,
        hint: "raise delete_version_after of the secret or the mount, or rotate more often",
      },
    );
  if (keptFor !== undefined && every === undefined)
    log.warn("the server deletes each version after a while: without a newer one the secret is gone", {
      path,
      remedy: `rotate at least every ${minutes(keptFor)}, or raise delete_version_after`,
    });
  const taken = keys.filter((key) => data?.[key] !== undefined);
  if (!ours && !marked && taken.length > 0)
    log.warn("takes over what something else wrote", {
      path,
      keys: taken,
      remedy:
        "if Terraform (vault_kv_secret_v2) or another tool writes it, take these keys out there: it would put the old value back",
    });
  if (engine === "kv1")
    log.warn("engine version 1 has no compare-and-swap: a write by somebody else in the same moment is lost", {
      path,
      remedy: "`vault kv enable-versioning` makes it version 2",
    });
}

function minutes(milliseconds: number): string {
  return `${Math.round(milliseconds / 60_000)} min`;
}
