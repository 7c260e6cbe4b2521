import { RotateError, type Infer, type Schema } from "@rotate/plugin-kit";
import { unlessMissing } from "../../wire/json.ts";
import { regionOf } from "../../region.ts";
import type { SecretContext } from "./options.ts";
import { callSecret } from "./wire.ts";

const text = { type: ["string", "null"] } as const;
const shape = {
  type: "object",
  properties: {
    ARN: { type: "string" },
    Name: { type: "string" },
    OwningService: text,
    RotationEnabled: { type: ["boolean", "null"] },
    PrimaryRegion: text,
    DeletedDate: { type: ["number", "null"] },
  },
  required: ["ARN", "Name"],
} as const satisfies Schema;
const versions = {
  type: "object",
  properties: {
    VersionIdsToStages: { type: "object", additionalProperties: { type: "array", items: { type: "string" } } },
  },
  required: ["VersionIdsToStages"],
} as const satisfies Schema;
const tagged = {
  type: "object",
  properties: {
    Tags: {
      type: "array",
      items: { type: "object", properties: { Key: { type: "string" }, Value: { type: "string" } } },
    },
  },
  required: ["Tags"],
} as const satisfies Schema;

/** What Secrets Manager says of a secret, without its text. */
export interface Described extends Infer<typeof shape> {
  /** By version. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly tags: Infer<typeof tagged>["Tags"];
}

/** Undefined: there is no such secret. A secret without versions or tags has none, or null. */
export async function describeSecret(ctx: SecretContext): Promise<Described | undefined> {
  const answer = await unlessMissing(() => callSecret("DescribeSecret", {}, ctx));
  if (answer === undefined) return undefined;
  const labels = answer.tryJson(versions)?.VersionIdsToStages ?? {};
  return { ...answer.json(shape), labels, tags: answer.tryJson(tagged)?.Tags ?? [] };
}

/** The version that has a label. */
export function versionWith(label: string, { labels }: Pick<Described, "labels">): string | undefined {
  return Object.keys(labels).find((version) => labels[version]?.includes(label));
}

/** Throws INVALID for a secret that is not ours to write. */
export function refuseForeign(secret: Described, ctx: SecretContext): void {
  const { OwningService: owner, RotationEnabled: rotates, PrimaryRegion: primary, DeletedDate: deleted, Name } = secret;
  if (typeof deleted === "number")
    throw refused(
      `${Name} is scheduled for deletion`,
      "restore it (aws secretsmanager restore-secret), or name another",
    );
  if (owner)
    throw refused(`${Name} belongs to the service ${owner}`, "let that service rotate it; name a secret of your own");
  if (rotates === true && !ctx.options.force)
    throw refused(
      `${Name} has a rotation of its own`,
      "switch it off (aws secretsmanager cancel-rotate-secret): two would take turns; `force: true` writes all the same",
    );
  const region = /^arn:[^:]*:secretsmanager:([^:]+):/.exec(secret.ARN)?.[1] ?? regionOf(ctx, ctx.login.region);
  if (primary && primary !== region)
    throw refused(
      `${Name} is a replica of the one in ${primary}`,
      `set \`region: ${primary}\`: replicas follow by themselves`,
    );
}

function refused(message: string, hint: string): RotateError {
  return new RotateError(message, { code: "INVALID", retryable: false, noEffect: true, hint });
}

/** Throws NOT_FOUND for a secret that is not to be made. */
export function refuseAbsent(secret: Described | undefined, { options }: SecretContext): void {
  if (secret !== undefined || options.create) return;
  throw new RotateError(`there is no secret ${options.secret}`, {
    code: "NOT_FOUND",
    retryable: false,
    noEffect: true,
    hint: "check its name and `region`, make it once (Terraform, aws secretsmanager create-secret), or set `create: true`",
  });
}
