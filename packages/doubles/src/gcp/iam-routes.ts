import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { apiError, gcpFaults } from "./answers.ts";
import type { GcpState } from "./state.ts";

const route = /^\/v1\/projects\/([^/]+)\/serviceAccounts\/([^/]+):(generateAccessToken|generateIdToken)$/;
const delegatePattern = /^projects\/-\/serviceAccounts\/([^/]+)$/;
const needed = ["https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/iam"];

interface Asked {
  readonly scope?: unknown;
  readonly lifetime?: unknown;
  readonly delegates?: unknown;
  readonly audience?: unknown;
  readonly includeEmail?: unknown;
}

/** Is it a path of the IAM Credentials API? */
export function isIamPath(path: string): boolean {
  return route.test(path);
}

/** `POST /v1/projects/-/serviceAccounts/EMAIL:VERB` (cloud.google.com/iam/docs/reference/credentials/rest). */
export async function generate(request: DoubleRequest, state: GcpState): Promise<DoubleAnswer> {
  const [, project, name = "", verb] = route.exec(request.path) ?? [];
  const caller = state.inspect(/^Bearer (\S+)$/.exec(request.headers["authorization"] ?? "")?.[1] ?? "");
  if (caller === undefined) return gcpFaults.unauthenticated;
  if (!caller.scopes.some((scope) => needed.includes(scope))) return gcpFaults.narrowScope;
  if (project !== "-") return apiError([400, "INVALID_ARGUMENT"], "The project wildcard character - is required.");
  const asked = parse(request.body);
  if (asked === undefined) return apiError([400, "INVALID_ARGUMENT"], "Invalid JSON payload received.");
  const account = decodeURIComponent(name);
  const refusal = chainRefusal(caller.principal, asked, { account, state });
  if (refusal !== undefined) return refusal;
  return verb === "generateIdToken" ? idToken(asked, account, state) : accessToken(asked, account, state);
}

function parse(body: string): Asked | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Each link of the chain may act as the next. gcloud sends `delegates: null` for none. */
function chainRefusal(
  caller: string,
  { delegates }: Asked,
  { account, state }: { readonly account: string; readonly state: GcpState },
): DoubleAnswer | undefined {
  const names = Array.isArray(delegates) ? delegates.map((one) => delegatePattern.exec(String(one))?.[1]) : [];
  if (names.includes(undefined)) {
    return apiError([400, "INVALID_ARGUMENT"], "Invalid delegate: the format is projects/-/serviceAccounts/EMAIL.");
  }
  const chain = [caller, ...names.map(String), account];
  const whole = chain.slice(1).every((next, at) => state.mayActAs.get(next)?.includes(chain[at] ?? ""));
  return whole && state.accounts.includes(account) ? undefined : gcpFaults.permissionDenied;
}

function accessToken({ scope, lifetime = "3600s" }: Asked, account: string, state: GcpState): DoubleAnswer {
  const scopes = Array.isArray(scope) ? scope.map(String) : [];
  if (scopes.length === 0) return apiError([400, "INVALID_ARGUMENT"], "Scope required.");
  const seconds = Number(/^(\d+)s$/.exec(typeof lifetime === "string" ? lifetime : "")?.[1] ?? 0);
  if (seconds === 0) return apiError([400, "INVALID_ARGUMENT"], "Invalid value at 'lifetime'.");
  const most = state.options.longLived?.includes(account) ? 43_200 : 3600;
  if (seconds > most)
    return apiError([400, "INVALID_ARGUMENT"], `The access token lifetime cannot exceed ${most} seconds.`);
  const token = state.issue({ principal: account, scopes, by: "impersonation" }, seconds * 1000);
  const end = new Date(state.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  return { status: 200, body: { accessToken: token, expireTime: end } };
}

async function idToken({ audience, includeEmail }: Asked, account: string, state: GcpState): Promise<DoubleAnswer> {
  if (typeof audience !== "string" || audience === "") return apiError([400, "INVALID_ARGUMENT"], "Audience required.");
  return { status: 200, body: { token: await state.signIdToken(account, audience, includeEmail === true) } };
}
