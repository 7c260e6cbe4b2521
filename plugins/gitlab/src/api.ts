import { httpRefusal, type HttpAnswer, type RotateError, type Secret } from "@rotate/plugin-kit";
import { secured, webPage } from "@rotate/plugin-kit/tokens";
import type { VariableContext } from "./options.ts";
import { refusals } from "./refusals.ts";

/** One call of the REST API, v4. */
export interface ApiCall {
  /** Behind `/api/v4`, with a slash in front. */
  readonly path: string;
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

/** What an answer cannot be believed for. */
export const stranger =
  "something else than GitLab answered: check baseUrl, which is without /api/v4, and proxies on the way";

/** One call with a token. Any status is an answer, but a web page is none: BAD_ANSWER. */
export async function callWith(
  token: Secret,
  { path, ...init }: ApiCall,
  { http, options }: Pick<VariableContext, "http" | "options">,
): Promise<HttpAnswer> {
  const base = secured("baseUrl", options.baseUrl).href.replace(/\/$/, "");
  const answer = await http(`${base}/api/v4${path}`, { headers: { "private-token": token }, ...init });
  const page = webPage(answer, "this is not GitLab's API", stranger);
  if (page !== undefined) throw page;
  return answer;
}

/** One call under the login. */
export function call(request: ApiCall, ctx: VariableContext): Promise<HttpAnswer> {
  return callWith(ctx.login.token, request, ctx);
}

const errorBody = { type: "object", properties: { error: { type: "string" } }, required: ["error"] } as const;

/** An answer of GitLab that is no success, as an error. What it says is not shown: it may repeat a value. */
export function refusedBy(answer: HttpAnswer, what: string): RotateError {
  const said = answer.tryJson(errorBody)?.error ?? "";
  return httpRefusal(refusals, answer, { message: what, said });
}
