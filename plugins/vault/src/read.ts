import { RotateError, type HttpAnswer } from "@rotate/plugin-kit";
import { explainDenied } from "./denied.ts";
import type { LoggedInContext } from "./login/index.ts";
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

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Is the node there, unsealed and able to serve? `sys/health` needs no token, and knows no namespace. */
export async function checkHealth(ctx: LoggedInContext): Promise<void> {
  const { address } = ctx.options;
  const { protocol, hostname } = new URL(address);
  if (protocol === "http:" && !loopback.test(hostname))
    ctx.log.warn("secrets travel unencrypted: use https", { address });
  const query = { standbyok: true, perfstandbyok: true };
  const answer = await send(ctx, { verb: "GET", path: "sys/health", query, namespace: "" });
  if (!answer.ok) throw unhealthy(answer);
}

const states: Readonly<Record<number, readonly [what: string, hint: string]>> = {
  429: ["is a standby that does not serve", "give the cluster's address"],
  472: ["is a disaster-recovery secondary", "give the address of the primary"],
  473: ["is a performance standby that does not serve", "give the cluster's address"],
  501: ["is not initialized", "is the address right?"],
  503: ["is sealed", "an operator must unseal it"],
};

function unhealthy(answer: HttpAnswer): RotateError {
  const [what, hint] = states[answer.status] ?? [`is not well: ${saidBy(answer)}`, "look at the server's log"];
  const details = { code: "UNAVAILABLE", retryable: answer.status !== 501, noEffect: true, hint } as const;
  return new RotateError(`the server ${what} (HTTP ${answer.status})`, details);
}
