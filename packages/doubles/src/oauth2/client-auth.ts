import { importJWK, jwtVerify } from "jose";
import type { DoubleRequest } from "../http-double.ts";
import { refuse } from "./answers.ts";
import type { OAuth2Client } from "./types.ts";

/** The client that a request comes from. */
export interface KnownClient {
  readonly id: string;
  readonly client: OAuth2Client;
}

/** Who the clients are, by id, and what their assertions are checked against. `now`: ms since 1970. */
export interface ClientAuthParts {
  readonly clients: Map<string, OAuth2Client>;
  readonly now: () => number;
  /** What a client's assertion may name as audience. */
  readonly audiences: () => readonly string[];
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/**
 * Finds out who asks, by the one method that the client is registered for (RFC 6749 §2.3, RFC 7523 §3).
 * An assertion is good once.
 */
export function createClientAuth({ clients, now, audiences }: ClientAuthParts) {
  const seen = new Set<string>();

  async function byAssertion(form: URLSearchParams): Promise<KnownClient> {
    if (form.get("client_assertion_type") !== assertionType)
      refuse("invalid_request", "unsupported client_assertion_type");
    const jwt = form.get("client_assertion") ?? "";
    const id = subjectOf(jwt);
    const client = known(id, "private_key_jwt");
    try {
      const key = await importJWK(client.key ?? {}, client.key?.alg ?? "ES256");
      const { payload } = await jwtVerify(jwt, key, {
        issuer: id,
        subject: id,
        audience: [...audiences()],
        currentDate: new Date(now()),
        requiredClaims: ["exp", "jti"],
      });
      if (seen.has(String(payload.jti))) throw new Error("the assertion was used before");
      seen.add(String(payload.jti));
    } catch (error) {
      return refuse("invalid_client", error instanceof Error ? error.message : "bad assertion", 401);
    }
    return { id, client };
  }

  function known(id: string, method: OAuth2Client["method"]): OAuth2Client {
    const client = clients.get(id);
    if (client?.method === method) return client;
    return refuse(
      "invalid_client",
      client === undefined ? "unknown client" : `the client is registered for ${client.method}`,
      401,
    );
  }

  function bySecret(id: string, secret: string, method: "client_secret_basic" | "client_secret_post"): KnownClient {
    const client = known(id, method);
    return client.secret === secret ? { id, client } : refuse("invalid_client", "wrong client secret", 401);
  }

  return async (request: DoubleRequest, form: URLSearchParams): Promise<KnownClient> => {
    const basic = /^Basic (.+)$/.exec(request.headers["authorization"] ?? "")?.[1];
    const used = [basic !== undefined, form.has("client_secret"), form.has("client_assertion")].filter(Boolean);
    if (used.length > 1) return refuse("invalid_request", "the client uses more than one method of authentication");
    if (basic !== undefined) {
      const [, id = "", secret = ""] = /^([^:]*):([^]*)$/.exec(Buffer.from(basic, "base64").toString()) ?? [];
      return bySecret(formDecoded(id), formDecoded(secret), "client_secret_basic");
    }
    if (form.has("client_assertion")) return byAssertion(form);
    const id = form.get("client_id") ?? refuse("invalid_client", "no client authentication", 401);
    const secret = form.get("client_secret");
    return secret === null ? { id, client: known(id, "none") } : bySecret(id, secret, "client_secret_post");
  };
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined. Whoever does not encode them is not known, as everywhere. */
function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return refuse("invalid_client", "the client's id or secret is not form-encoded", 401);
  }
}

function subjectOf(jwt: string): string {
  try {
    const { sub } = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()) as {
      readonly sub?: string;
    };
    return sub ?? "";
  } catch {
    return refuse("invalid_client", "the assertion is no JWT", 401);
  }
}
