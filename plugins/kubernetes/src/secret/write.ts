import { invalid, type HttpAnswer, type RotateError, type Secret } from "@rotate/plugin-kit";
import type { Api, ApiRequest } from "../api/api.ts";
import { writeRefusals } from "../api/refusal.ts";
import { ownershipConflicts, type OwnershipConflict } from "../api/status.ts";
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

/** A write that will succeed, and what of others it will take over. */
export interface Feasible {
  readonly write: Write;
  readonly taken: readonly OwnershipConflict[];
}

/**
 * Tries the write without effect (dry run). Gives the write as it will succeed: forced, where the Secret or the other manager is ours.
 * Throws INVALID when others own a key.
 */
export async function tryWrite(api: Api, write: Write, ctx: SecretContext): Promise<Feasible> {
  const unseen = unseenConflicts(write);
  const answer = await api.send(requestOf(write, ctx, true));
  const conflicts = ownershipConflicts(answer);
  if (!answer.ok && (conflicts.length === 0 || write.force)) throw refused(api, answer, ctx);
  const others = [...conflicts, ...unseen].filter(({ manager }) => manager !== ctx.options.fieldManager);
  if (others.length > 0 && !mayTake(write, ctx)) throw ownedByOthers(others, ctx);
  if (answer.ok) return { write, taken: others };
  const { write: forced } = await tryWrite(api, { ...write, force: true }, ctx);
  return { write: forced, taken: others };
}

/** Of what others applied by `stringData`, the server itself tells nothing: what would change is theirs all the same. */
function unseenConflicts({ live, data }: Write): readonly OwnershipConflict[] {
  const changed = (live?.applied ?? []).filter(
    ({ key }) => data[key] !== undefined && data[key].reveal() !== live?.data[key],
  );
  return changed.map(({ manager, key }) => ({ manager, field: `.stringData.${key}` }));
}

function mayTake({ live }: Write, { options: { force } }: SecretContext): boolean {
  return force || (live !== undefined && isOurs(live));
}

/** Writes. Throws CONFLICT when the Secret changed since we looked. */
export async function perform(api: Api, write: Write, ctx: SecretContext): Promise<void> {
  const answer = await api.send(requestOf(write, ctx, false));
  if (!answer.ok) throw refused(api, answer, ctx);
}

function refused(api: Api, answer: HttpAnswer, ctx: SecretContext): RotateError {
  return api.refusal(answer, { what: `write ${nameOf(ctx)}`, refusals: writeRefusals });
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

/** For people. */
export function listed(conflicts: readonly OwnershipConflict[]): string {
  return conflicts.map(({ manager, field }) => `${field.replace(/^\./, "")} (${manager})`).join(", ");
}

function ownedByOthers(conflicts: readonly OwnershipConflict[], ctx: SecretContext): RotateError {
  return invalid(
    `another manager owns what would be written into ${nameOf(ctx)}: ${listed(conflicts)}`,
    "take it out of what that manager writes, or set `force: true` to take it over",
  );
}
