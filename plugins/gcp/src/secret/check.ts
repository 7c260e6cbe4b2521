import { meanings, RotateError, type SinkContext } from "@rotate/plugin-kit";
import { tellOwner, tellRisk, tellTakeOver } from "@rotate/plugin-kit/stores";
import { readAs } from "../granted.ts";
import { call } from "./api.ts";
import { ownerOf, type LiveSecret } from "./live.ts";
import { resourceName, type SecretContext, type SecretLogin, type SecretOptions } from "./options.ts";
import type { Version } from "./versions.ts";

type CheckContext = SinkContext<SecretOptions, SecretLogin>;

const granted = {
  type: "object",
  properties: { permissions: { type: "array", items: { type: "string" } } },
} as const;

/** Asks Google which of the rights that a write takes are lacking. Throws DENIED that names them all. */
export async function checkRights(ctx: SecretContext): Promise<void> {
  const { alias, keep } = ctx.options;
  const permissions = [
    "secretmanager.versions.access",
    "secretmanager.versions.add",
    ...(alias === undefined && keep === undefined ? [] : ["secretmanager.secrets.get", "secretmanager.secrets.update"]),
    ...(keep === undefined ? [] : ["secretmanager.versions.destroy"]),
  ];
  const what = `cannot ask for the rights on ${resourceName(ctx.options)}`;
  const answer = await call({ method: "POST", path: ":testIamPermissions", json: { permissions }, what }, ctx);
  const { permissions: has = [] } = readAs(answer, granted);
  const missing = permissions.filter((permission) => !has.includes(permission));
  if (missing.length === 0) return;
  throw new RotateError(`rights on ${resourceName(ctx.options)} are missing: ${missing.join(", ")}`, {
    ...meanings.denied,
    hint: "grant them: secretVersionAdder and secretAccessor have the first two, secretVersionManager destroys, secrets.get and secrets.update take a role of your own; a new grant takes up to 7 minutes",
  });
}

/** What is told before the first write, and what may go wrong later though nothing does now. */
export function tell(live: LiveSecret | "unseen" | undefined, current: Version | undefined, ctx: CheckContext): void {
  const path = resourceName(ctx.options);
  if (live !== undefined && live !== "unseen") tellOfOthers(live, path, ctx);
  if (ctx.ours === true) return;
  const right = "secretmanager.secrets.get";
  if (live === "unseen") ctx.log.info("may not look at the secret: who else writes it is not seen", { path, right });
  if (current?.text !== undefined) tellTakeOver(ctx, path);
  if (ctx.options.keep !== undefined) return;
  const message = "each write adds a version, which is paid for until somebody destroys it";
  tellRisk(ctx, { code: "ROTATE_RISK_VERSIONS", message, path, remedy: "set `keep`" });
}

function tellOfOthers(live: LiveSecret, path: string, ctx: CheckContext): void {
  const owner = ownerOf(live);
  tellOwner(ctx, path, owner === "terraform" ? undefined : owner);
  if (owner === "terraform") {
    const remedy = "keep the values out of it, and let it ignore labels, annotations and version_aliases of the secret";
    ctx.log.info("Terraform made the secret", { path, remedy });
  }
  if (live.announced !== undefined) {
    const remedy = `it announces the next for ${live.announced}: see who listens, and writes too`;
    tellRisk(ctx, {
      code: "ROTATE_RISK_OTHER_WRITER",
      message: "the secret announces rotations of its own",
      path,
      remedy,
    });
  }
  if (live.deleted !== undefined) {
    const remedy = `take its expiry away: it is ${live.deleted}`;
    tellRisk(ctx, { code: "ROTATE_RISK_STORE_ENDS", message: "the whole secret will be deleted", path, remedy });
  }
}
