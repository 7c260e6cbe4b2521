import { meanings, RotateError, type SinkContext } from "@rotate/plugin-kit";
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
  const { log, ours, options } = ctx;
  const secret = resourceName(options);
  if (live !== undefined && live !== "unseen") tellOfOthers(live, ctx);
  if (ours === true) return;
  if (live === "unseen")
    log.info("may not look at the secret: who else writes it is not seen", {
      secret,
      right: "secretmanager.secrets.get",
    });
  if (current?.text !== undefined) log.warn("takes over a secret that has a value", { secret });
  if (options.keep !== undefined) return;
  const remedy = "set `keep`";
  log.warn("each write adds a version, which is paid for until somebody destroys it", { secret, remedy });
}

function tellOfOthers(live: LiveSecret, { log, options }: CheckContext): void {
  const secret = resourceName(options);
  const owner = ownerOf(live);
  if (owner === "terraform") {
    const remedy = "keep the values out of it, and let it ignore labels, annotations and version_aliases of the secret";
    log.info("Terraform made the secret", { secret, remedy });
  } else if (owner !== undefined) {
    log.warn("somebody else says that the secret is theirs", { secret, owner, remedy: "one secret, one writer" });
  }
  if (live.announced !== undefined)
    log.warn("the secret announces rotations of its own", {
      secret,
      next: live.announced,
      remedy: "see who listens to them, and writes too",
    });
  if (live.deleted !== undefined)
    log.warn("the whole secret will be deleted", { secret, at: live.deleted, remedy: "take its expiry away" });
}
