import { startHttpDouble, type DoubleAnswer, type DoubleRequest } from "../http-double.ts";
import { apiError } from "./answers.ts";
import { generate, isIamPath } from "./iam-routes.ts";
import { metadata } from "./metadata-routes.ts";
import { gcpSecretRoute } from "./secret-routes.ts";
import { gcpSecretTarget } from "./secret-target.ts";
import { createState, type GcpState } from "./state.ts";
import { exchange } from "./sts-routes.ts";
import { token, tokenInfo } from "./token-routes.ts";
import type { GcpDouble, GcpDoubleOptions } from "./types.ts";

/**
 * Google Cloud's issuers of tokens on loopback: metadata server, OAuth token endpoint, Security Token Service and IAM Credentials API. Assertions
 * and identity tokens are really verified, tokens really expire. `gcloud` works with it.
 */
export async function createGcpDouble(options: GcpDoubleOptions = {}): Promise<GcpDouble> {
  const state = createState(options);
  const handle = (request: DoubleRequest) => route(request, state, `${listener.url}/token`);
  const listener = await startHttpDouble({ now: state.now, handle });
  const { url, requests, faults, close } = listener;
  return {
    url,
    requests,
    faults,
    close,
    endpoints: { oauth2: url, sts: url, iamCredentials: url },
    env: { GCE_METADATA_HOST: new URL(url).host },
    keyFile: (email) => keyFile(email, state, url),
    userFile: (email) => userFile(email, state),
    inspect: state.inspect,
    verifyIdToken: state.verifyIdToken,
    issued: state.issued,
    deleteKey: state.deleteKey,
    revokeRefreshToken: (email) => void state.deadRefreshTokens.add(personOf(email, state).refreshToken),
    forbid: (account) => void state.mayActAs.delete(account),
    ...secretManager(state),
  };
}

function secretManager({ secrets, lag, lackingRights, now }: GcpState) {
  const blank = { labels: {}, annotations: {}, aliases: {}, versions: [] };
  const versionsOf = (name: string) => secrets.get(name)?.versions ?? [];
  return {
    secret: secrets.get,
    setSecret: (name: string, change: object = {}) =>
      void secrets.put({ ...blank, ...secrets.get(name), ...change, name }),
    addVersion(name: string, text: string): number {
      const versions = versionsOf(name);
      const number = versions.length + 1;
      secrets.setVersions(name, [
        ...versions,
        { number, payload: Buffer.from(text), state: "ENABLED", createdAt: now() },
      ]);
      return number;
    },
    closeVersion: (name: string, number: number, closed: "DISABLED" | "DESTROYED") =>
      secrets.setVersions(
        name,
        versionsOf(name).map((one) => (one.number === number ? { ...one, state: closed } : one)),
      ),
    lagBy(milliseconds: number): void {
      lag.milliseconds = milliseconds;
    },
    setRight(right: string, granted: boolean): void {
      if (granted) lackingRights.delete(right);
      else lackingRights.add(right);
    },
  };
}

async function route(request: DoubleRequest, state: GcpState, tokenUrl: string): Promise<DoubleAnswer> {
  const { method, path } = request;
  if (path.startsWith("/computeMetadata/")) return metadata(request, state);
  if (method === "POST" && isIamPath(path)) return generate(request, state);
  const secret = gcpSecretTarget(path);
  if (secret !== undefined) return gcpSecretRoute(secret, request, state);
  switch (`${method} ${path}`) {
    case "GET /":
      return { status: 200, body: "computeMetadata/\n", headers: { "metadata-flavor": "Google" } };
    case "POST /token":
      return token(request, state, tokenUrl);
    case "POST /v1/token":
      return exchange(request, state);
    case "GET /tokeninfo":
    case "POST /tokeninfo":
      return tokenInfo(request, state);
    default:
      return apiError([404, "NOT_FOUND"], "Requested entity was not found.");
  }
}

function keyFile(email: string, { keyOf }: GcpState, url: string): string {
  const key = keyOf(email);
  if (key === undefined) throw new TypeError(`${email} has no key`);
  const file = {
    type: "service_account",
    project_id: "acme",
    private_key_id: key.id,
    private_key: key.pem,
    client_email: email,
    client_id: "100000000000000000001",
    token_uri: `${url}/token`,
  };
  return JSON.stringify(file, undefined, 2);
}

function userFile(email: string, state: GcpState): string {
  const { clientId, clientSecret, refreshToken } = personOf(email, state);
  const file = {
    type: "authorized_user",
    client_id: clientId,
    client_secret: clientSecret,
    refresh_token: refreshToken,
  };
  return JSON.stringify(file, undefined, 2);
}

function personOf(email: string, { options: { people = [] } }: GcpState) {
  const person = people.find((one) => one.email === email);
  if (person === undefined) throw new TypeError(`nobody is ${email}`);
  return person;
}
