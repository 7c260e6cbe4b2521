import { createHash, X509Certificate } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, errors, importJWK, jwtVerify, type JWTVerifyOptions } from "jose";
import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { azureFaults, entraError } from "./answers.ts";
import type { EntraSigner } from "./tokens.ts";
import type { AzureDoubleOptions, EntraApp, FederatedCredential } from "./types.ts";

/** Clocks may differ by so much, seconds. */
const clockTolerance = 300;

const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** What the routes share. */
export interface EntraParts {
  readonly options: AzureDoubleOptions;
  readonly tenantId: string;
  readonly now: () => number;
  readonly signer: EntraSigner;
  readonly resources: readonly string[];
  readonly disabled: ReadonlySet<string>;
}

/** `POST /TENANT/oauth2/v2.0/token`: client credentials (learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow). @param base `URL/TENANT` */
export async function token(request: DoubleRequest, parts: EntraParts, base: string): Promise<DoubleAnswer> {
  if (!request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    return entraError(
      "invalid_request",
      900144,
      "The request body must contain the following parameter: 'grant_type'.",
    );
  }
  const form = new URLSearchParams(request.body);
  if (form.get("grant_type") !== "client_credentials") {
    return entraError("unsupported_grant_type", 70003, "The app requested an unsupported grant type.");
  }
  const app = parts.options.apps?.find(({ clientId }) => clientId === form.get("client_id"));
  if (app === undefined) return azureFaults.unknownApp;
  if (app.disabled || parts.disabled.has(app.clientId)) return azureFaults.disabledApp;
  return (await proofRefusal(form, app, { parts, base })) ?? grant(form.get("scope") ?? "", app, parts);
}

async function grant(scope: string, { clientId: appid }: EntraApp, parts: EntraParts): Promise<DoubleAnswer> {
  if (!scope.endsWith("/.default")) return azureFaults.badScope;
  const aud = scope.replace(/\/\.default$/, "");
  if (!parts.resources.includes(aud)) return azureFaults.unknownResource;
  const life = parts.options.tokenLife ?? 3_899_000;
  const expires_in = Math.floor(life / 1000);
  const access_token = await parts.signer.sign({ appid, aud, life });
  return { status: 200, body: { token_type: "Bearer", expires_in, ext_expires_in: expires_in, access_token } };
}

interface Where {
  readonly parts: EntraParts;
  readonly base: string;
}

async function proofRefusal(form: URLSearchParams, app: EntraApp, where: Where): Promise<DoubleAnswer | undefined> {
  const assertion = form.get("client_assertion");
  if (assertion === null) return secretRefusal(form.get("client_secret"), app, where.parts.now());
  if (form.get("client_assertion_type") !== jwtBearer) {
    return entraError(
      "invalid_request",
      900144,
      "The request body must contain the following parameter: 'client_assertion_type'.",
    );
  }
  const shown = thumbprintIn(assertion);
  if (shown === undefined) return entraError("invalid_client", 50027, "JWT token is invalid or malformed.");
  if (shown.text === "") return federatedRefusal(assertion, app, where.parts.now());
  return certificateRefusal(assertion, { app, shown }, where);
}

function secretRefusal(secret: string | null, { secrets = {} }: EntraApp, now: number): DoubleAnswer | undefined {
  if (secret === null) {
    return entraError(
      "invalid_client",
      7000218,
      "The request body must contain: 'client_assertion' or 'client_secret'.",
    );
  }
  if (!Object.hasOwn(secrets, secret)) return azureFaults.wrongSecret;
  return (secrets[secret] ?? Number.POSITIVE_INFINITY) <= now ? azureFaults.expiredSecret : undefined;
}

/** Which certificate signed, by the hash of it (RFC 7515 §4.1.7, §4.1.8). */
interface Thumbprint {
  readonly hash: "sha1" | "sha256";
  /** Empty: it names none. */
  readonly text: string;
}

/** Undefined when the text is no JWT. */
function thumbprintIn(assertion: string): Thumbprint | undefined {
  try {
    const { x5t, "x5t#S256": sha256 } = decodeProtectedHeader(assertion);
    if (typeof sha256 === "string") return { hash: "sha256", text: sha256 };
    return { hash: "sha1", text: typeof x5t === "string" ? x5t : "" };
  } catch {
    return undefined;
  }
}

async function certificateRefusal(
  assertion: string,
  { app, shown }: { readonly app: EntraApp; readonly shown: Thumbprint },
  { parts, base }: Where,
): Promise<DoubleAnswer | undefined> {
  const found = (app.certificates ?? [])
    .map((pem) => new X509Certificate(pem))
    .find(({ raw }) => createHash(shown.hash).update(raw).digest("base64url") === shown.text);
  if (found === undefined) return azureFaults.unknownCertificate;
  const audience = [`${base}/oauth2/v2.0/token`, `${base}/oauth2/v2.0/token/`, `${base}/v2.0`];
  const claims = { issuer: app.clientId, subject: app.clientId, audience, requiredClaims: ["jti", "nbf", "exp"] };
  const checks = { ...claims, algorithms: ["RS256", "PS256"], currentDate: new Date(parts.now()), clockTolerance };
  return verified(assertion, found.publicKey, checks);
}

async function federatedRefusal(assertion: string, app: EntraApp, now: number): Promise<DoubleAnswer | undefined> {
  const { iss, sub, aud } = decodeJwt(assertion);
  const byIssuer = (app.federated ?? []).filter(({ issuer }) => issuer === iss);
  if (byIssuer.length === 0) return azureFaults.wrongIssuer;
  const trusted = byIssuer.find(({ subject }) => subject === sub);
  if (trusted === undefined) return azureFaults.wrongSubject;
  if (aud !== audienceOf(trusted)) return azureFaults.wrongAudience;
  return verified(assertion, await importJWK(trusted.key), { requiredClaims: ["exp"], currentDate: new Date(now) });
}

function audienceOf({ audience = "api://AzureADTokenExchange" }: FederatedCredential): string {
  return audience;
}

async function verified(
  assertion: string,
  key: Parameters<typeof jwtVerify>[1],
  checks: JWTVerifyOptions,
): Promise<DoubleAnswer | undefined> {
  try {
    await jwtVerify(assertion, key, checks);
    return undefined;
  } catch (error) {
    const timely = !(error instanceof errors.JWTExpired) && !/nbf|exp/.test(String(error));
    return timely ? azureFaults.unknownCertificate : azureFaults.clock;
  }
}
