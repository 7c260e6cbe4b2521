import { randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT, type JWK } from "jose";
import { startHttpDouble, type DoubleAnswer, type DoubleFaults, type DoubleRequest } from "../http-double.ts";

/** An issuer of identity tokens as a GitHub Actions job meets it. */
export interface GithubOidcDouble {
  /** What a job finds in its environment. */
  readonly env: { readonly ACTIONS_ID_TOKEN_REQUEST_URL: string; readonly ACTIONS_ID_TOKEN_REQUEST_TOKEN: string };
  /** The `iss` of its tokens. */
  readonly issuer: string;
  readonly subject: string;
  readonly key: JWK;
  /** A token of this issuer. `life` in milliseconds, default five minutes. */
  readonly sign: (audience: string, life?: number) => Promise<string>;
  readonly requests: readonly DoubleRequest[];
  readonly faults: DoubleFaults;
  readonly close: () => Promise<void>;
}

const path = "/token/job";

/** A GitHub Actions token service on loopback (docs.github.com, "OpenID Connect reference"). `now` in milliseconds since 1970. */
export async function createGithubOidcDouble(
  options: { readonly now?: () => number; readonly subject?: string } = {},
): Promise<GithubOidcDouble> {
  const now = options.now ?? Date.now;
  const subject = options.subject ?? "repo:acme/app:ref:refs/heads/main";
  const requestToken = randomUUID();
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  const sign = (audience: string, life = 300_000) =>
    new SignJWT({ repository: "acme/app" })
      .setProtectedHeader({ alg: "RS256", typ: "JWT" })
      .setIssuer(listener.url)
      .setSubject(subject)
      .setAudience(audience)
      .setIssuedAt(Math.floor(now() / 1000))
      .setExpirationTime(Math.floor((now() + life) / 1000))
      .sign(privateKey);

  async function handle(request: DoubleRequest): Promise<DoubleAnswer> {
    if (request.path !== path) return { status: 404 };
    if (request.headers["authorization"] !== `Bearer ${requestToken}`) return { status: 401 };
    return { status: 200, body: { value: await sign(request.query.get("audience") ?? "https://github.com/acme") } };
  }

  const listener = await startHttpDouble({ now, handle });
  return {
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${listener.url}${path}?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    },
    issuer: listener.url,
    subject,
    key: { ...(await exportJWK(publicKey)), alg: "RS256" },
    sign,
    requests: listener.requests,
    faults: listener.faults,
    close: listener.close,
  };
}
