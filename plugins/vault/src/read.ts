import { httpRefusal, type HttpAnswer, type RotateError } from "@rotate/plugin-kit";
import { explainDenied, grantedOn, isGranted, lacking, policyFor, type Right } from "./denied.ts";
import type { LoggedInContext } from "./login/index.ts";
import { healthRefusals } from "./readings.ts";
import { saidBy } from "./refusal.ts";
import { call, send, type VaultRequest } from "./wire.ts";

/** A read or write under the login, whose refusal says what is missing. */
export async function ask(ctx: LoggedInContext, request: Omit<VaultRequest, "token">): Promise<HttpAnswer> {
  try {
    return await call(ctx, { ...request, token: ctx.login.token });
  } catch (error) {
    throw await explainDenied(
      error,
      { path: request.path, capability: request.verb === "GET" ? "read" : "update" },
      ctx,
    );
  }
}

/** How long a node that was well is believed to be, ms; one that is not says so to the request itself, and does nothing. */
const wellFor = 10_000;
const wellSince = new WeakMap<object, number>();

/** Is the node there, unsealed and able to serve? `sys/health` needs no token, and knows no namespace. Asked once for the rotations of one login that follow each other. */
async function checkHealth(ctx: LoggedInContext): Promise<void> {
  const now = performance.now();
  if (now - (wellSince.get(ctx.login) ?? -Infinity) < wellFor) return;
  const query = { standbyok: true, perfstandbyok: true };
  const answer = await send(ctx, { verb: "GET", path: "sys/health", query, namespace: "" });
  if (!answer.ok) throw unhealthy(answer);
  wellSince.set(ctx.login, now);
}

/** What a mint needs, and what its revocation will: one of the second is enough. */
export interface Rights {
  readonly asked: readonly Right[];
  readonly revoke?: readonly Right[];
}

/** Could `needed` be asked under this login? Throws DENIED with the policy that is missing, and warns of a missing right to revoke. */
export async function checkRights(ctx: LoggedInContext, { asked, revoke = [] }: Rights): Promise<void> {
  await checkHealth(ctx);
  const granted = await grantedOn(
    [...asked, ...revoke].map(({ path }) => path),
    ctx,
  );
  if (granted === undefined) return;
  const missing = asked.filter((right) => !isGranted(right, granted));
  if (missing.length > 0) throw lacking(missing);
  if (revoke.length === 0 || revoke.some((right) => isGranted(right, granted))) return;
  const remedy = `${policyFor(revoke)}, or set \`overlap: { revoke: never }\``;
  ctx.log.warn("the token may not revoke what it makes: it will live until it expires", { remedy });
}

const states: Readonly<Record<number, string>> = {
  429: "is a standby that does not serve",
  472: "is a disaster-recovery secondary",
  473: "is a performance standby that does not serve",
  501: "is not initialized",
  503: "is sealed",
};

function unhealthy(answer: HttpAnswer): RotateError {
  const said = saidBy(answer);
  const message = `the server ${states[answer.status] ?? `is not well: ${said}`}`;
  return httpRefusal(healthRefusals, answer, { message, said });
}
