import { httpRefusal, type HttpAnswer, type RotateError } from "@rotate/plugin-kit";
import { explainDenied } from "./denied.ts";
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
