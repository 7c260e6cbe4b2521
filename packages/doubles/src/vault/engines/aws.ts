import { randomBytes } from "node:crypto";
import { allowOnly, type Call, type RouteReply } from "../call.ts";
import { readLife, refuse } from "../envelope.ts";
import type { Engine } from "../types.ts";

type AwsEngine = Extract<Engine, { readonly type: "aws" }>;

/** `sts/:role` and `creds/:role` of an assumed role: under a lease that cannot be renewed, and whose revocation does not reach AWS. */
export function createAwsEngine(engine: AwsEngine) {
  return async (call: Call, path: string): Promise<RouteReply | undefined> => {
    const [kind, name = ""] = path.split("/");
    if (kind !== "sts" && kind !== "creds") return undefined;
    allowOnly(call, "read", "update");
    const role = engine.roles[name] ?? refuse(400, `Role "${name}" not found`);
    const ttl = readLife(call, "ttl") ?? role.ttl;
    if (ttl > role.maxTtl)
      refuse(
        400,
        "Error assuming role: ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
      );
    const data = {
      access_key: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
      secret_key: randomBytes(30).toString("base64"),
      security_token: randomBytes(120).toString("base64"),
      session_token: randomBytes(120).toString("base64"),
      arn: role.arn,
    };
    return { data: { ...data, session_token: data.security_token }, secret: { ttl, maxTtl: ttl, renewable: false } };
  };
}
