import { badAnswer, httpRefusal, type HttpAnswer, type RotateError } from "@rotate/plugin-kit";
import { oneLine, secured, webPage } from "@rotate/plugin-kit/tokens";
import type { SecretContext } from "./options.ts";
import { secretRefusals } from "./refusals.ts";

/** One call of a vault (learn.microsoft.com/rest/api/keyvault/secrets). */
export interface VaultCall {
  /** Behind the vault's address, with a slash in front. Or a whole address, of the next page of a list. */
  readonly path: string;
  readonly method?: "GET" | "PUT" | "PATCH";
  readonly json?: unknown;
}

const version = "2025-07-01";

/** Any status is an answer, but a web page is none: BAD_ANSWER. */
export async function call({ path, method, json }: VaultCall, ctx: SecretContext): Promise<HttpAnswer> {
  const vault = secured("vault", ctx.options.vault);
  const url = new URL(path, vault);
  if (url.origin !== vault.origin)
    throw badAnswer("the next page of a list is elsewhere", stranger, { noEffect: true });
  url.searchParams.set("api-version", version);
  const answer = await ctx.http(url, {
    bearer: ctx.login.token,
    ...(method && { method }),
    ...(json !== undefined && { json }),
  });
  const page = webPage(answer, "this is no vault", stranger);
  if (page !== undefined) throw page;
  return answer;
}

/** What an answer cannot be believed for. */
export const stranger = "something else than Key Vault answered: check vault, and proxies on the way";

const text = { type: ["string", "null"] } as const;
const plain = { code: text, message: text } as const;
const errorBody = {
  type: "object",
  properties: { error: { type: "object", properties: plain } },
  required: ["error"],
} as const;
const innerBody = {
  type: "object",
  properties: {
    error: {
      type: "object",
      properties: { ...plain, innererror: { type: "object", properties: { code: text } } },
      required: ["innererror"],
    },
  },
  required: ["error"],
} as const;

/** What was said, as `CODE INNER: message`. */
export function saidIn(answer: HttpAnswer): { readonly codes: string; readonly message: string } {
  const { error } = answer.tryJson(errorBody) ?? {};
  const inner = answer.tryJson(innerBody)?.error.innererror.code;
  const codes = [error?.code, inner].filter((code) => typeof code === "string" && code !== "").join(" ");
  return { codes, message: oneLine(error?.message ?? "") };
}

/** An answer of a vault that is no success, as an error. */
export function refusedBy(answer: HttpAnswer, what: string): RotateError {
  const { codes, message } = saidIn(answer);
  const shown = message === "" ? what : `${what}: ${message}`;
  return httpRefusal(secretRefusals, answer, { message: shown, said: `${codes}: ${message}` });
}
