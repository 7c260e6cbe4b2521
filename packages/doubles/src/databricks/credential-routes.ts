import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import type { Access } from "./access.ts";
import { readAutoscaling, readProvisioned, type Limits } from "./credential-body.ts";
import type { Signer } from "./signer.ts";
import type { Mint } from "./types.ts";

/** What the routes that mint are made of. `fractionalDigits` of a timestamp's seconds. */
export interface CredentialParts {
  readonly access: Access;
  readonly signer: Signer;
  readonly limits: Limits;
  readonly fractionalDigits: 0 | 3 | 6 | 9;
  readonly record: (mint: Mint) => void;
}

/** `POST /api/2.0/postgres/credentials` answers `expire_time`, `POST /api/2.0/database/credentials` answers `expiration_time`. */
export async function mintCredential(
  request: DoubleRequest,
  api: Mint["api"],
  parts: CredentialParts,
): Promise<DoubleAnswer> {
  const { access, signer, limits } = parts;
  const caller = await access.authenticate(request, "postgres");
  if ("refusal" in caller) return caller.refusal;
  const asked = (api === "autoscaling" ? readAutoscaling : readProvisioned)(request.body, limits);
  if ("refusal" in asked) return asked.refusal;
  const refusal = access.refuseMint(caller.userName);
  if (refusal !== undefined) return refusal;

  const exp = Math.floor((limits.now() + asked.life) / 1000);
  const { resources, claims } = asked;
  const { jwt, jti } = await signer.signDatabaseToken({ sub: caller.userName, exp, resources });
  parts.record({ jti, sub: caller.userName, issuedAt: limits.now(), expiresAt: exp * 1000, api, resources, claims });
  const field = api === "autoscaling" ? "expire_time" : "expiration_time";
  return { status: 200, body: { token: jwt, [field]: timestamp(exp, parts.fractionalDigits) } };
}

/** A protobuf Timestamp in JSON. With fractional digits it lies just before the token's end, never after it. */
function timestamp(exp: number, digits: number): string {
  if (digits === 0) return new Date(exp * 1000).toISOString().replace(".000Z", "Z");
  return new Date((exp - 1) * 1000).toISOString().replace(".000Z", `.${"9".repeat(digits)}Z`);
}
