import { RotateError, type HttpAnswer, type Secret } from "@rotate/plugin-kit";
import type { Api, ApiRequest } from "../api/api.ts";
import { ownershipConflicts, refusal, type OwnershipConflict } from "../api/refusal.ts";
import { secretPath, type LiveSecret } from "./live.ts";
import { nameOf, type SecretContext } from "./options.ts";

/** A write of our keys, made from what the Secret was when we looked. */
export interface Write {
  /** Undefined: it was not there. */
  readonly live: LiveSecret | undefined;
  /** Base64 by key. */
  readonly data: Readonly<Record<string, Secret>>;
  /** Take over what others own. */
  readonly force: boolean;
}

const managedBy = "app.kubernetes.io/managed-by";

/** The Secret was made by us, so what is in our keys is ours whoever edited them. */
export function isOurs({ labels }: LiveSecret): boolean {
  return labels[managedBy] === "rotate";
}

/**
 * Tries the write without effect (dry run). Gives the write as it will succeed: forced, where the Secret or the other manager is ours.
 * Throws INVALID when others own a key.
 */
export async function rehearse(api: Api, write: Write, ctx: SecretContext): Promise<Write> {
  const answer = await api.send(requestOf(write, ctx, true));
  if (answer.ok) return write;
  const conflicts = ownershipConflicts(answer);
  if (conflicts.length === 0) throw refused(api, answer, ctx);
  const others = conflicts.filter(({ manager }) => manager !== ctx.options.fieldManager);
  const may = others.length === 0 || ctx.options.force || (write.live !== undefined && isOurs(write.live));
  if (!may) throw ownedByOthers(others, ctx);
  if (others.length > 0)
    ctx.log.warn("takes over what another manager owns", { secret: nameOf(ctx), owned: listed(others) });
  return rehearse(api, { ...write, force: true }, ctx);
}

/** Writes. Throws CONFLICT when the Secret changed since we looked. */
export async function perform(api: Api, write: Write, ctx: SecretContext): Promise<void> {
  const answer = await api.send(requestOf(write, ctx, false));
  if (!answer.ok) throw refused(api, answer, ctx);
}

function refused(api: Api, answer: HttpAnswer, ctx: SecretContext): RotateError {
  if (answer.status !== 409) return api.refusal(`write ${nameOf(ctx)}`, answer);
  return refusal(`write ${nameOf(ctx)}`, answer, { hint: "it changed since we looked; it is looked at again" });
}

function requestOf(write: Write, ctx: SecretContext, dryRun: boolean): ApiRequest {
  const { fieldManager } = ctx.options;
  const query = { fieldManager, ...(dryRun && { dryRun: "All" }) };
  const shared = { metadataOnly: true, what: `write ${nameOf(ctx)}` };
  if (write.live === undefined) {
    // A POST succeeds only while the Secret is absent; an apply that comes late would overwrite what was written since.
    return { ...shared, method: "POST", path: secretPath(ctx).slice(0, -1), query, json: newSecret(write, ctx) };
  }
  return {
    ...shared,
    method: "PATCH",
    path: secretPath(ctx),
    query: { ...query, ...(write.force && { force: true }) },
    contentType: "application/apply-patch+yaml",
    json: configuration(write.live, write, ctx),
  };
}

function newSecret({ data }: Write, { options }: SecretContext): object {
  const { namespace, name, secretType: type = "Opaque", labels } = options;
  const metadata = { name, namespace, labels: { [managedBy]: "rotate", ...labels } };
  return { apiVersion: "v1", kind: "Secret", metadata, type, data };
}

/** All that we applied before and our keys: what an apply leaves out is deleted. uid and resourceVersion make it conditional. */
function configuration(live: LiveSecret, { data }: Write, { options }: SecretContext): object {
  const { namespace, name } = options;
  const { uid, resourceVersion, owned } = live;
  const labels = { ...kept(live.labels, owned.labels), ...options.labels };
  const annotations = kept(live.annotations, owned.annotations);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, uid, resourceVersion, ...unlessEmpty({ labels, annotations }) },
    data: { ...kept(live.data, owned.data), ...data },
  };
}

/** An empty map would be applied as a field of its own. */
function unlessEmpty(maps: Readonly<Record<string, object>>): object {
  return Object.fromEntries(Object.entries(maps).filter(([, map]) => Object.keys(map).length > 0));
}

function kept(values: Readonly<Record<string, string>>, keys: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)));
}

function listed(conflicts: readonly OwnershipConflict[]): string {
  return conflicts.map(({ manager, field }) => `${field.replace(/^\./, "")} (${manager})`).join(", ");
}

function ownedByOthers(conflicts: readonly OwnershipConflict[], ctx: SecretContext): RotateError {
  return new RotateError(`another manager owns what would be written into ${nameOf(ctx)}: ${listed(conflicts)}`, {
    code: "INVALID",
    retryable: false,
    hint: "take it out of what that manager writes, or set `force: true` to take it over",
  });
}
