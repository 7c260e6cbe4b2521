import { badAnswer, type HttpAnswer, type Infer, type Refusals, type Schema, type Secret } from "@rotate/plugin-kit";
import { secured } from "@rotate/plugin-kit/tokens";
import { readAs } from "../granted.ts";
import { apiRefusal, secretRefusals } from "../refusal/index.ts";
import { crc32c } from "./crc32c.ts";
import { resourceName, type SecretContext } from "./options.ts";

/** One call about the secret (cloud.google.com/secret-manager/docs/reference/rest, v1). */
export interface SecretCall {
  /** Behind the secret's resource name: `/versions/5:access`. Or, with `whole`, behind `/v1/`. */
  readonly path: string;
  readonly whole?: true;
  readonly method?: "GET" | "POST" | "PATCH";
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** What it is for, when it is refused. */
  readonly what: string;
  readonly table?: Refusals;
}

/** A regional secret has a host of its own. */
function baseOf({ options: { endpoints, location, universe } }: SecretContext): URL {
  const host = location === undefined ? `secretmanager.${universe}` : `secretmanager.${location}.rep.${universe}`;
  return secured("endpoints.secretManager", endpoints?.secretManager ?? `https://${host}`);
}

async function send({ path, whole, method, query, json }: SecretCall, ctx: SecretContext): Promise<HttpAnswer> {
  const url = new URL(`/v1/${whole === true ? path : resourceName(ctx.options) + path}`, baseOf(ctx));
  return ctx.http(url, {
    bearer: ctx.login.token,
    ...(method && { method }),
    ...(query && { query }),
    ...(json !== undefined && { json }),
  });
}

/** The answer to a call. Throws what it is refused for. */
export async function call(request: SecretCall, ctx: SecretContext): Promise<HttpAnswer> {
  const answer = await send(request, ctx);
  const refusal = apiRefusal(answer, request.what, request.table ?? secretRefusals);
  if (refusal !== undefined) throw refusal;
  return answer;
}

/** The answer to a look; undefined where Google itself says that there is nothing (404). Throws what else it is refused for. */
export async function lookUp<const S extends Schema>(
  request: SecretCall & { readonly schema: S },
  ctx: SecretContext,
): Promise<Infer<S> | undefined> {
  const answer = await send(request, ctx);
  const refusal = apiRefusal(answer, request.what, request.table ?? secretRefusals);
  if (refusal?.code === "NOT_FOUND") return undefined;
  if (refusal !== undefined) throw refusal;
  return readAs(answer, request.schema);
}

/** What a payload is sent as: with its checksum, which Google holds it to. */
export function payloadOf(text: Secret, ctx: SecretContext): object {
  const bytes = Buffer.from(text.reveal(), "utf8");
  return { data: ctx.secret(bytes.toString("base64"), "payload"), dataCrc32c: String(crc32c(bytes)) };
}

/** The text of a payload. Throws BAD_ANSWER where it is not what its checksum says, or no text. */
export function textIn({ data, dataCrc32c: sum }: { readonly data: string; readonly dataCrc32c?: string }): string {
  const bytes = Buffer.from(data, "base64");
  if (sum !== undefined && Number(sum) !== crc32c(bytes))
    throw badAnswer("a secret's payload does not fit its checksum", "something between may have changed the answer", {
      retryable: true,
    });
  return bytes.toString("utf8");
}
