import { type Infer, invalid, type ObjectSchema } from "@rotate/plugin-kit";

/** What a rotation asks of the issuer. */
export const request = {
  type: "object",
  properties: {
    subject: { type: "string", minLength: 1, description: "`sub`: who the token speaks for." },
    audience: {
      type: "array",
      items: { type: "string", minLength: 1 },
      minItems: 1,
      description: "`aud`: who shall accept it.",
      examples: [["postgrest"]],
    },
    claims: {
      type: "object",
      additionalProperties: { type: "string" },
      description: "Further claims that are text.",
      examples: [{ role: "app_user" }],
    },
    claimsJson: {
      type: "string",
      description: "Further claims of any kind: a JSON object as text.",
      examples: ['{"level": 3, "roles": ["reader"]}'],
    },
    ttl: {
      type: "string",
      format: "duration",
      default: "1h",
      description: "How long the token lives, rounded up to seconds.",
    },
  },
} as const satisfies ObjectSchema;

/** Request of `jwt`, validated; `ttl` in ms. */
export type Request = Infer<typeof request>;

/** Claims that the issuer sets itself (RFC 7519 §4.1). */
const own: ReadonlySet<string> = new Set(["iss", "sub", "aud", "exp", "nbf", "iat", "jti"]);

function parseClaims(text: string): Readonly<Record<string, unknown>> {
  const hint = 'write it like {"roles": ["reader"]}';
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    throw invalid("`claimsJson` is not JSON", hint);
  }
  throw invalid("`claimsJson` is not a JSON object", hint);
}

/** The claims that the request adds. Throws INVALID for one that the issuer sets itself, or that is given twice. */
export function extraClaims({ claims = {}, claimsJson }: Request): Readonly<Record<string, unknown>> {
  const more = claimsJson === undefined ? {} : parseClaims(claimsJson);
  const names = [...Object.keys(claims), ...Object.keys(more)];
  const reserved = names.find((name) => own.has(name));
  if (reserved !== undefined) {
    throw invalid(`the claim ${reserved} is set by the issuer`, "use `issuer`, `subject`, `audience` and `ttl`");
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`the claim ${twice} is given twice`, "keep it in `claims` or in `claimsJson`");
  return { ...claims, ...more };
}
