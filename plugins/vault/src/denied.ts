import { isRotateError, RotateError } from "@rotate/plugin-kit";
import type { LoggedInContext } from "./login/index.ts";
import { call } from "./wire.ts";

export type Capability = "read" | "update";

/**
 * Makes a plain "permission denied" say what is missing: the server is asked what the token may do on the path.
 * Returns the error as it was when that cannot be told.
 */
export async function explainDenied(
  error: unknown,
  { path, capability }: { readonly path: string; readonly capability: Capability },
  ctx: LoggedInContext,
): Promise<unknown> {
  if (!isRotateError(error) || error.code !== "DENIED") return error;
  const granted = await capabilitiesOf(path, ctx);
  if (granted === undefined || granted.includes(capability) || granted.includes("root")) return error;
  return new RotateError(`the token may not ${capability} ${path}: permission denied (HTTP 403)`, {
    code: "DENIED",
    retryable: false,
    hint: `grant it in a policy: path "${path}" { capabilities = ["${capability}"] }`,
    cause: error,
  });
}

async function capabilitiesOf(path: string, ctx: LoggedInContext): Promise<readonly string[] | undefined> {
  try {
    const answer = await call(ctx, {
      verb: "POST",
      path: "sys/capabilities-self",
      json: { paths: [path] },
      token: ctx.login.token,
    });
    const schema = {
      type: "object",
      properties: {
        data: {
          type: "object",
          properties: { capabilities: { type: "array", items: { type: "string" } } },
          required: ["capabilities"],
        },
      },
      required: ["data"],
    } as const;
    return answer.tryJson(schema)?.data.capabilities;
  } catch (error) {
    ctx.log.debug("what the token may do cannot be asked", { reason: isRotateError(error) ? error.code : "" });
    return undefined;
  }
}
