import { invalid, isRotateError, type HttpAnswer } from "@rotate/plugin-kit";
import { changedMeanwhile } from "@rotate/plugin-kit/stores";
import { aliasRefusals } from "../refusal/index.ts";
import { call, lookUp } from "./api.ts";
import { resourceName, type SecretContext } from "./options.ts";

type Texts = Readonly<Record<string, string>>;

/** A secret without its versions. */
export interface LiveSecret {
  readonly etag: string;
  readonly labels: Texts;
  readonly annotations: Texts;
  /** Version numbers by alias. */
  readonly aliases: Texts;
  /** Google itself rotates it. */
  readonly managed: boolean;
  /** When its rotation is announced next, to whoever listens: RFC 3339. */
  readonly announced: string | undefined;
  /** When the whole secret is deleted: RFC 3339. */
  readonly deleted: string | undefined;
}

const texts = { type: "object", additionalProperties: { type: "string" } } as const;
const schema = {
  type: "object",
  properties: {
    etag: { type: "string" },
    labels: texts,
    annotations: texts,
    versionAliases: texts,
    expireTime: { type: "string" },
    rotation: {
      type: "object",
      properties: {
        nextRotationTime: { type: "string" },
        managedRotationStatus: { type: "object", properties: { state: { type: "string" } } },
      },
    },
  },
  required: ["etag"],
} as const;

/** The secret; undefined when it is not there. */
export async function liveSecret(ctx: SecretContext): Promise<LiveSecret | undefined> {
  const what = `cannot look at ${resourceName(ctx.options)}`;
  const found = await lookUp({ path: "", what, schema, table: aliasRefusals }, ctx);
  if (found === undefined) return undefined;
  const { etag, labels = {}, annotations = {}, versionAliases: aliases = {}, rotation, expireTime: deleted } = found;
  const managed = rotation?.managedRotationStatus?.state === "ACTIVE";
  return { etag, labels, annotations, aliases, managed, announced: rotation?.nextRotationTime, deleted };
}

/** The same, or `unseen` where we may not look at it: then nothing but versions can be read and added. */
export async function lookIfAllowed(ctx: SecretContext): Promise<LiveSecret | "unseen" | undefined> {
  try {
    return await liveSecret(ctx);
  } catch (error) {
    if (isRotateError(error) && error.code === "DENIED" && ctx.options.alias === undefined) return "unseen";
    throw error;
  }
}

/** Refuses a secret that Google itself rotates. */
export function checkUnmanaged(live: LiveSecret, ctx: SecretContext): void {
  if (!live.managed) return;
  throw invalid(
    `${resourceName(ctx.options)} is rotated by Google itself`,
    "name another secret, or end its managed rotation: the two would undo each other's work",
  );
}

const managedBy = "managed-by";

/** Makes the secret, without a version. Throws CONFLICT when somebody else was faster. */
export async function createSecret(ctx: SecretContext): Promise<LiveSecret> {
  const { project, location, secret } = ctx.options;
  const parent = `projects/${project}${location === undefined ? "" : `/locations/${location}`}`;
  const what = `cannot make ${resourceName(ctx.options)}`;
  const replication = location === undefined ? { replication: { automatic: {} } } : {};
  const json = { ...replication, labels: { [managedBy]: "rotate" } };
  const query = { secretId: secret };
  await call({ method: "POST", whole: true, path: `${parent}/secrets`, query, json, what }, ctx);
  const live = await liveSecret(ctx);
  if (live === undefined) throw changedMeanwhile(resourceName(ctx.options));
  return live;
}

/** Changes what is known of the secret, if nobody else did since: CONFLICT. */
export function patchSecret(
  live: LiveSecret,
  change: Partial<Pick<LiveSecret, "aliases" | "annotations" | "labels">>,
  ctx: SecretContext,
): Promise<HttpAnswer> {
  const { aliases: versionAliases, annotations, labels } = change;
  const parts = {
    ...(versionAliases && { versionAliases }),
    ...(annotations && { annotations }),
    ...(labels && { labels }),
  };
  const what = `cannot change ${resourceName(ctx.options)}`;
  const json = { ...parts, etag: live.etag };
  const query = { updateMask: Object.keys(parts).join(",") };
  return call({ method: "PATCH", path: "", query, json, what, table: aliasRefusals }, ctx);
}

/** Our label, where nobody else has put theirs. Undefined: it is there. */
export function marked({ labels }: LiveSecret): Texts | undefined {
  return labels[managedBy] === undefined ? { ...labels, [managedBy]: "rotate" } : undefined;
}

/** Who says that the secret is theirs. Undefined: nobody, or we. */
export function ownerOf({ labels }: LiveSecret): string | undefined {
  const owner = labels[managedBy] ?? (labels["goog-terraform-provisioned"] === "true" ? "terraform" : undefined);
  return owner === "rotate" ? undefined : owner;
}
