import { invalid, isRotateError, readAnswer, type HttpAnswer, type RotateError } from "@rotate/plugin-kit";
import { call, refusedBy, saidIn, stranger } from "./api.ts";
import { secretName, type SecretContext } from "./options.ts";

const attributes = {
  type: "object",
  properties: {
    enabled: { type: "boolean" },
    /** Seconds since 1970, as all of its instants. */
    exp: { type: "integer" },
    nbf: { type: "integer" },
    created: { type: "integer" },
  },
} as const;
const tags = { type: "object", additionalProperties: { type: "string" } } as const;
const shared = {
  id: { type: "string" },
  contentType: { type: "string" },
  attributes,
  tags,
  managed: { type: "boolean" },
} as const;
const bundle = {
  type: "object",
  properties: { ...shared, value: { type: "string" } },
  required: ["id", "value"],
} as const;
const page = {
  type: "object",
  properties: {
    value: { type: "array", items: { type: "object", properties: shared, required: ["id"] } },
    nextLink: { type: ["string", "null"] },
  },
} as const;

/** A version of the secret, all of it. */
export interface LiveSecret {
  readonly version: string;
  /** Undefined: it is disabled, by an undo of ours, and nobody reads it. */
  readonly value: string | undefined;
  readonly contentType: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** Seconds since 1970. */
  readonly exp: number | undefined;
  readonly nbf: number | undefined;
  /** It belongs to a certificate. */
  readonly managed: boolean;
}

interface Found {
  readonly id: string;
  readonly value?: string;
  readonly contentType?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly attributes?: { readonly exp?: number; readonly nbf?: number };
  readonly managed?: boolean;
}

function liveIn({
  id,
  value,
  contentType,
  tags: labels = {},
  attributes: at = {},
  managed = false,
}: Found): LiveSecret {
  const version = /\/secrets\/[^/]+\/([^/]+)$/.exec(id)?.[1] ?? "";
  return { version, value, contentType, tags: labels, exp: at.exp, nbf: at.nbf, managed };
}

/** Who says that the secret is theirs. */
export const managedBy = "managed-by";

/** The secret as readers get it; undefined when it is not there. */
export async function liveSecret(ctx: SecretContext): Promise<LiveSecret | undefined> {
  const answer = await call({ path: `/secrets/${ctx.options.name}` }, ctx);
  if (answer.ok) return liveIn(readAnswer(answer, bundle, stranger));
  const { codes } = saidIn(answer);
  if (answer.status === 404 && /\bSecretNotFound\b/.test(codes)) return undefined;
  const refusal = refusedBy(answer, `cannot read ${secretName(ctx.options)}`);
  if (!/\bSecretDisabled\b/.test(codes)) throw refusal;
  return disabledByUs(refusal, ctx);
}

/** An undo disables a version that there was none before. Who else disabled one meant it: that is thrown. */
async function disabledByUs(refusal: RotateError, ctx: SecretContext): Promise<LiveSecret> {
  const newest = await newestVersion(ctx).catch((error: unknown) => {
    if (isRotateError(error) && error.code === "DENIED") return undefined;
    throw error;
  });
  if (newest?.attributes?.enabled !== false || newest.tags?.[managedBy] !== "rotate") throw refusal;
  return liveIn(newest);
}

/** Its pages come in no order (Azure/azure-sdk-for-python#35923). */
async function newestVersion(ctx: SecretContext) {
  const versions = [];
  let path: string | undefined = `/secrets/${ctx.options.name}/versions`;
  while (path !== undefined) {
    const answer: HttpAnswer = await call({ path }, ctx);
    if (!answer.ok) throw refusedBy(answer, `cannot list versions of ${secretName(ctx.options)}`);
    const { value = [], nextLink } = readAnswer(answer, page, stranger);
    versions.push(...value);
    path = nextLink || undefined;
  }
  return versions.toSorted((a, b) => (b.attributes?.created ?? 0) - (a.attributes?.created ?? 0))[0];
}

/** A secret that was deleted and not purged: its name can be used by nobody. Where we may not look, that is seen at the write. */
export async function checkNotDeleted(ctx: SecretContext): Promise<void> {
  const answer = await call({ path: `/deletedsecrets/${ctx.options.name}` }, ctx);
  if (!answer.ok) return;
  throw invalid(
    `${secretName(ctx.options)} was deleted, and its name is kept`,
    "recover it (az keyvault secret recover), or purge it",
  );
}

/** Refuses what no write of ours may change. */
export function checkChangeable(live: LiveSecret, { options }: SecretContext): void {
  if (!live.managed) return;
  throw invalid(
    `${secretName(options)} belongs to a certificate of the vault`,
    "name another secret: the vault itself writes this one",
  );
}
