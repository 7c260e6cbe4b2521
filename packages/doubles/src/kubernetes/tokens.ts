import { randomUUID } from "node:crypto";
import { generateKeyPair, jwtVerify, SignJWT } from "jose";
import type { DoubleAnswer } from "../http-double.ts";
import { isObject, textAt } from "./fields.ts";
import { badRequest, invalid, notFound, stale } from "./status.ts";
import type { Store } from "./store.ts";
import type { Json, ObjectKey } from "./types.ts";

/** `iss` of every token, as a cluster has it that was told nothing else. */
export const issuer = "https://kubernetes.default.svc.cluster.local";
const minimum = 600;
const maximum = 2 ** 32;
/** Milliseconds. */
const believed = 10_000;

/** Tokens of service accounts. */
export interface Tokens {
  /** TokenRequest (authentication/v1; kubernetes registry/core/serviceaccount/storage/token.go). */
  readonly issue: (account: ObjectKey, request: Json) => Promise<DoubleAnswer>;
  /**
   * Who a token stands for; undefined when it is none, is over, or what it is bound to is gone. What was found good is believed for ten seconds, whatever
   * is deleted meanwhile (apiserver authentication/token/cache, success TTL).
   */
  readonly review: (token: string, audience?: string) => Promise<{ readonly username: string } | undefined>;
}

/** Signs and checks the tokens of service accounts. `maxLife` in milliseconds. */
export async function createTokens(
  store: Store,
  { now, maxLife }: { readonly now: () => number; readonly maxLife: number | undefined },
): Promise<Tokens> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");

  async function issue(account: ObjectKey, request: Json): Promise<DoubleAnswer> {
    const live = store.get(account);
    if (live === undefined) throw notFound("serviceaccounts", account.name);
    const spec = isObject(request["spec"]) ? request["spec"] : {};
    const asked = secondsOf(spec["expirationSeconds"] ?? 3600);
    const seconds = maxLife === undefined ? asked : Math.min(asked, maxLife / 1000);
    const issuedAt = Math.floor(now() / 1000);
    const bound = boundTo(spec["boundObjectRef"], account, store);
    const audiences = audiencesOf(spec["audiences"]);
    const own = { name: account.name, uid: live.body.metadata["uid"] };
    const token = await new SignJWT({
      "kubernetes.io": { namespace: account.namespace, serviceaccount: own, ...bound },
    })
      .setProtectedHeader({ alg: "ES256", kid: "double" })
      .setIssuer(issuer)
      .setSubject(`system:serviceaccount:${account.namespace}:${account.name}`)
      .setAudience([...audiences])
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt)
      .setExpirationTime(issuedAt + seconds)
      .sign(privateKey);
    const expirationTimestamp = new Date((issuedAt + seconds) * 1000).toISOString().replace(".000Z", "Z");
    const shortened = `requested expiration of ${asked} seconds shortened to ${seconds} seconds`;
    return {
      status: 201,
      headers: seconds < asked ? { warning: `299 - "${shortened}"` } : {},
      body: {
        kind: "TokenRequest",
        apiVersion: "authentication.k8s.io/v1",
        metadata: {
          name: account.name,
          namespace: account.namespace,
          uid: live.body.metadata["uid"],
          creationTimestamp: new Date(issuedAt * 1000).toISOString().replace(".000Z", "Z"),
        },
        spec: { boundObjectRef: null, ...spec, audiences, expirationSeconds: seconds },
        status: { token, expirationTimestamp },
      },
    };
  }

  const known = new Map<string, { readonly until: number; readonly username: string }>();

  async function review(token: string, audience = issuer): Promise<{ readonly username: string } | undefined> {
    const id = JSON.stringify([audience, token]);
    const kept = known.get(id);
    if (kept !== undefined && kept.until > now()) return { username: kept.username };
    const options = { issuer, audience, currentDate: new Date(now()) };
    const verified = await jwtVerify(token, publicKey, options).catch(() => undefined);
    const { sub: username = "", "kubernetes.io": claims } = verified?.payload ?? {};
    if (!isObject(claims) || !allLive(claims, store)) return undefined;
    known.set(id, { until: now() + believed, username });
    return { username };
  }
  return { issue, review };
}

function secondsOf(value: unknown): number {
  const seconds = Number(value);
  const refuse = (why: string): never => {
    const message = `Invalid value: ${seconds}: ${why}`;
    throw invalid("TokenRequest.authentication.k8s.io", "", [
      { reason: "FieldValueInvalid", field: "spec.expirationSeconds", message },
    ]);
  };
  if (!Number.isSafeInteger(seconds)) throw badRequest("spec.expirationSeconds is no integer");
  if (seconds < minimum) refuse("may not specify a duration less than 10 minutes");
  if (seconds > maximum) refuse("may not specify a duration larger than 2^32 seconds");
  return seconds;
}

function audiencesOf(value: unknown): readonly string[] {
  return Array.isArray(value) && value.length > 0 ? value.map(String) : [issuer];
}

const bindable: Readonly<Record<string, { readonly resource: string; readonly namespaced: boolean }>> = {
  Pod: { resource: "pods", namespaced: true },
  Secret: { resource: "secrets", namespaced: true },
  Node: { resource: "nodes", namespaced: false },
};

function boundTo(reference: unknown, { namespace, name }: ObjectKey, store: Store): Json {
  if (!isObject(reference)) return {};
  const kind = textAt(reference, "kind");
  const found = bindable[kind];
  const asked = textAt(reference, "name");
  if (found === undefined || reference["apiVersion"] !== "v1") {
    throw badRequest(`cannot bind token for serviceaccount "${name}" to a token bound to: ${kind}`);
  }
  const { resource, namespaced } = found;
  const live = store.get({ resource, namespace: namespaced ? namespace : "", name: asked });
  if (live === undefined) throw notFound(resource, asked);
  const { uid } = live.body.metadata;
  if (reference["uid"] !== undefined && reference["uid"] !== uid) {
    const why = `the UID in the bound object reference (${textAt(reference, "uid")}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw stale(resource, asked, why);
  }
  return { [kind.toLowerCase()]: { name: asked, uid } };
}

/** The account, and the object that a token is bound to, must be the very ones of its making. */
function allLive(claims: Json, store: Store): boolean {
  const namespace = textAt(claims, "namespace");
  const places = { serviceaccount: "serviceaccounts", pod: "pods", secret: "secrets", node: "nodes" } as const;
  return Object.entries(places).every(([claim, resource]) => {
    const named = claims[claim];
    if (!isObject(named)) return claim !== "serviceaccount";
    const key = { resource, namespace: claim === "node" ? "" : namespace, name: textAt(named, "name") };
    return store.get(key)?.body.metadata["uid"] === named["uid"];
  });
}
