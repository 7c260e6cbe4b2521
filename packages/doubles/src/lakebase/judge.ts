/** Who may log in, and what the others are told (docs.databricks.com/aws/en/oltp/projects/authentication, and messages seen in issue threads). */
import type { LakebaseGatewayOptions, VerifiedToken } from "./types.ts";
import type { Refusal, Startup } from "./wire.ts";

/** What a judgement looks at besides the credential. */
export interface Circumstances extends Pick<
  LakebaseGatewayOptions,
  "verify" | "judgeOther" | "endpoint" | "refusedState"
> {
  readonly now: number;
  readonly propagation: number;
  /** When each identity's role was made. */
  readonly roles: ReadonlyMap<string, number>;
}

/** undefined: welcome. Expiry is looked at here, at login, and never again. */
export async function judge(
  { user }: Startup,
  password: string,
  circumstances: Circumstances,
): Promise<Refusal | undefined> {
  const { judgeOther = ({ user: name }) => undecodable(name) } = circumstances;
  if (readClaims(password) === undefined) return judgeOther({ user, password });
  const refused = { code: circumstances.refusedState ?? "28000", message: "External authorization failed" };
  const token = await circumstances.verify(password).catch(() => undefined);
  if (token === undefined || !current(token, circumstances) || token.sub !== user) return refused;
  const since = circumstances.roles.get(user);
  if (since === undefined) return { code: "28P01", message: `password authentication failed for user '${user}'` };
  return circumstances.now < since + circumstances.propagation ? refused : undefined;
}

/** The id that a credential claims, verified or not: for the log. */
export function claimedId(password: string): string | undefined {
  const jti = readClaims(password)?.["jti"];
  return typeof jti === "string" ? jti : undefined;
}

function current(token: VerifiedToken, { now, endpoint }: Circumstances): boolean {
  const right = endpoint === undefined || token.resources?.includes(endpoint) === true;
  return right && now < token.exp * 1000;
}

function undecodable(user: string): Refusal {
  const message = `Failed to decode token for role "${user}"\nand native postgres login was either not attempted due to configuration or failed.`;
  return { code: "28P01", message };
}

/** The claims of a compact JWS (RFC 7515 §3.1), unverified; undefined for anything else, a personal access token (`dapi…`) for one. */
function readClaims(password: string): Readonly<Record<string, unknown>> | undefined {
  const [, header = "", payload = ""] = /^([\w-]+)\.([\w-]+)\.[\w-]+$/.exec(password) ?? [];
  return decodeObject(header) === undefined ? undefined : decodeObject(payload);
}

function decodeObject(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
