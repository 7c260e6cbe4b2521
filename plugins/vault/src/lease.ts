import { badAnswer, invalid, type Infer, type LeaseTerms, type ObjectSchema } from "@rotate/plugin-kit";
import { readRenewal, type Answered } from "./envelope.ts";
import type { LoggedInContext } from "./login/index.ts";
import { certificateRefusals, revokeRefusals } from "./readings.ts";
import { refusal } from "./refusal.ts";
import { call, send } from "./wire.ts";

/** What renewal and revocation need. An empty handle: the server offers neither. */
export const handle = {
  type: "object",
  properties: {
    leaseId: { type: "string" },
    /** The namespace it was made in: elsewhere the server would take an unknown id for a success. */
    namespace: { type: "string" },
    /** Which login it dies with. */
    parent: { type: "string" },
    /** The life asked for at each renewal, ms. */
    life: { type: "integer" },
    /** A certificate without a lease: its serial number and the engine's mount. */
    serial: { type: "string" },
    mount: { type: "string" },
  },
} as const satisfies ObjectSchema;

/** What is kept of a lease to renew and revoke it; no secret. */
export type Handle = Infer<typeof handle>;

/** A lease's terms with that handle. */
export type Terms = LeaseTerms<Handle>;

/** How an answer to `path` ends. `ttl`: the life asked for, ms. Throws INVALID for answers of engines that have a provider of their own. */
export function termsOf(
  answered: Answered,
  { path, ttl }: { readonly path: string; readonly ttl?: number },
  ctx: LoggedInContext,
): Terms {
  const { namespace = "" } = ctx.options;
  const { leaseId, life, renewable, data } = answered;
  if (leaseId !== "") {
    const { identity: parent } = ctx.login;
    const made = { leaseId, namespace, parent, life: ttl ?? life };
    return { expires: { in: life }, renewable: renewable && parent !== "", diesWithLogin: true, handle: made };
  }
  refuseOthers(data, path);
  const expires = instantOf(data["expiration"] ?? data["expires_at_seconds"]);
  if (expires === undefined) {
    throw badAnswer(
      `${path} answers without a lease and without an end`,
      "this path does not hand out credentials that expire; for stored values use `type: vault-kv`",
    );
  }
  const { serial_number: serial } = data;
  const mount = mountOf(path);
  if (typeof serial !== "string" || mount === undefined) return { expires, handle: {} };
  return { expires, handle: { serial, mount, namespace } };
}

/** The engine of a path that issues certificates. */
export function mountOf(path: string): string | undefined {
  return /^(.+)\/(?:issue|sign)\//.exec(path)?.[1];
}

function refuseOthers(data: Answered["data"], path: string): void {
  if ("rotation_period" in data || "last_vault_rotation" in data) {
    throw invalid(`${path} is a static role: its password changes in place`, "use `type: vault-static-role`");
  }
  if ("metadata" in data && "data" in data) throw invalid(`${path} is a stored value`, "use `type: vault-kv`");
}

/** Seconds since 1970, as pki and gcp answer. */
function instantOf(seconds: unknown): Date | undefined {
  return typeof seconds === "number" && seconds > 0 ? new Date(seconds * 1000) : undefined;
}

/** Renewals give whole seconds. */
const rounding = 2000;

/**
 * Asks for the lease's first life again, counted from now. When the server gives less, its max_ttl is near: no more renewals, a new mint.
 * Throws INVALID when the lease belongs to another login, with which it dies whatever we ask.
 */
export async function renewLease(
  { leaseId, namespace, parent, life = 0, ...rest }: Handle,
  ctx: LoggedInContext,
): Promise<Terms> {
  if (leaseId === undefined) throw invalid("there is no lease to renew", "a new credential is minted instead");
  if (parent !== ctx.login.identity) {
    throw invalid(
      "the lease belongs to an earlier login and dies with it",
      "use a login that lasts (a periodic token, or `watch` instead of single runs) to have leases renewed",
    );
  }
  const path = "sys/leases/renew";
  const json = { lease_id: leaseId, increment: Math.ceil(life / 1000) };
  const answer = await call(ctx, { verb: "POST", path, json, token: ctx.login.token, namespace });
  const left = readRenewal(answer, path, ctx);
  const capped = left.life < life - rounding;
  return {
    expires: { in: left.life },
    renewable: left.renewable && !capped,
    diesWithLogin: true,
    handle: {
      leaseId,
      life,
      ...(namespace !== undefined && { namespace }),
      ...(parent !== undefined && { parent }),
      ...rest,
    },
  };
}

/** Does the lease live? Undefined for what has none. The server takes no other request for a lookup, so an unknown lease is told from a refusal. */
export async function isAlive({ leaseId, namespace }: Handle, ctx: LoggedInContext): Promise<boolean | undefined> {
  if (leaseId === undefined) return undefined;
  const request = {
    verb: "POST",
    path: "sys/leases/lookup",
    json: { lease_id: leaseId },
    token: ctx.login.token,
    namespace,
  } as const;
  const answer = await send(ctx, request);
  if (answer.ok) return true;
  const failure = refusal(request, answer);
  if (answer.status === 400 && failure.code === "NOT_FOUND") return false;
  throw failure;
}

/** Kills what the handle names, waiting until it is done. The server takes an unknown lease for a success. */
export async function revokeLease({ leaseId, serial, mount, namespace }: Handle, ctx: LoggedInContext): Promise<void> {
  if (leaseId !== undefined) return revokeById(leaseId, namespace, ctx);
  if (serial !== undefined && mount !== undefined) return revokeCertificate({ serial, mount, namespace }, ctx);
  ctx.log.info("the server offers no way to revoke this credential: it ends by itself");
}

async function revokeById(leaseId: string, namespace: string | undefined, ctx: LoggedInContext): Promise<void> {
  const request = {
    verb: "POST",
    path: "sys/leases/revoke",
    json: { lease_id: leaseId, sync: true },
    token: ctx.login.token,
    namespace,
  } as const;
  const answer = await send(ctx, request);
  if (!answer.ok) throw refusal(request, answer, { table: revokeRefusals });
}

interface CertificateHandle {
  readonly serial: string;
  readonly mount: string;
  readonly namespace: string | undefined;
}

async function revokeCertificate({ serial, mount, namespace }: CertificateHandle, ctx: LoggedInContext): Promise<void> {
  const request = {
    verb: "POST",
    path: `${mount}/revoke`,
    json: { serial_number: serial },
    token: ctx.login.token,
    namespace,
  } as const;
  const answer = await send(ctx, request);
  if (answer.ok) return;
  throw refusal(request, answer, { table: certificateRefusals });
}
