import type { HttpAnswer, Infer, RotateError, Schema } from "@rotate/plugin-kit";
import { call, readAs, type ApiCall } from "../app/api.ts";
import { refusal } from "../app/refusal.ts";
import { placePath, secretName, type SecretContext, type SecretOptions } from "./options.ts";
import { secretRefusals } from "./refusals.ts";
import type { SealingKey } from "./sealed-box.ts";

const keyAnswer = {
  type: "object",
  properties: { key_id: { type: "string" }, key: { type: "string" } },
  required: ["key_id", "key"],
} as const;

/** What GitHub tells of a secret: all but its value. */
const secretAnswer = {
  type: "object",
  properties: {
    updated_at: { type: "string" },
    visibility: { enum: ["selected", "private", "all"] },
  },
  required: ["updated_at"],
} as const;

const repositoriesAnswer = {
  type: "object",
  properties: {
    total_count: { type: "integer" },
    repositories: {
      type: "array",
      items: { type: "object", properties: { id: { type: "integer" } }, required: ["id"] },
    },
  },
  required: ["total_count", "repositories"],
} as const;

/** A secret as it is, without its value. */
export type LiveSecret = Infer<typeof secretAnswer>;

/** One call about a secret. Any status is an answer. */
export function ask(request: Omit<ApiCall, "bearer">, ctx: SecretContext): Promise<HttpAnswer> {
  return call({ ...request, bearer: ctx.login.token }, ctx);
}

/** What GitHub refused, as an error. */
export function refusedBy(answer: HttpAnswer, what: string, { now, options }: SecretContext): RotateError {
  const remedy = `check place, name and auth of ${secretName(options)}`;
  return refusal(what, answer, { now: now(), remedy, table: secretRefusals });
}

async function get<const S extends Schema>(
  { path, schema, what }: { readonly path: string; readonly schema: S; readonly what: string },
  ctx: SecretContext,
): Promise<Infer<S>> {
  const answer = await ask({ path }, ctx);
  if (!answer.ok) throw refusedBy(answer, what, ctx);
  return readAs(answer, schema);
}

/** The key of the place. Throws NOT_FOUND for a place that is not there, or not ours to see. */
export async function sealingKey(ctx: SecretContext): Promise<SealingKey> {
  const path = `${placePath(ctx.options)}/public-key`;
  const what = `no public key for ${secretName(ctx.options)}`;
  const { key_id: id, key } = await get({ path, schema: keyAnswer, what }, ctx);
  return { id, key };
}

/** Where the API has the secret. */
export function secretPath(options: Pick<SecretOptions, "place" | "name">): string {
  return `${placePath(options)}/${options.name.toUpperCase()}`;
}

/** The secret; undefined when it is not there. Only after `sealingKey` of the same place: that tells an absent secret from a place that is not ours to see. */
export async function liveSecret(ctx: SecretContext): Promise<LiveSecret | undefined> {
  const answer = await ask({ path: secretPath(ctx.options) }, ctx);
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw refusedBy(answer, `cannot look at ${secretName(ctx.options)}`, ctx);
  return readAs(answer, secretAnswer);
}

/** As many as one page holds (docs.github.com/rest/actions/secrets, "List selected repositories for an organization secret"). */
const pageSize = 100;

/** The repositories that an organisation's secret is for. A write without them would take it away from all. */
export async function selectedRepositories(ctx: SecretContext): Promise<readonly number[]> {
  const ids: number[] = [];
  for (let page = 1; ; page++) {
    const path = `${secretPath(ctx.options)}/repositories?per_page=${pageSize}&page=${page}`;
    const what = `cannot see which repositories ${secretName(ctx.options)} is for`;
    const answer = await get({ path, schema: repositoriesAnswer, what }, ctx);
    ids.push(...answer.repositories.map(({ id }) => id));
    if (answer.repositories.length < pageSize) return ids;
  }
}
