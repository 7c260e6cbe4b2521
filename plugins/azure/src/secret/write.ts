import { readAnswer, type Prepared, type Secret, reversible } from "@rotate/plugin-kit";
import { changedMeanwhile } from "@rotate/plugin-kit/stores";
import { call, refusedBy, stranger } from "./api.ts";
import { liveSecret, managedBy, type LiveSecret } from "./live.ts";
import { secretName, type SecretContext } from "./options.ts";

/** A write, made from what was there when we looked. */
export interface Write {
  /** Undefined: the secret was not there. */
  readonly before: LiveSecret | undefined;
  readonly text: Secret;
}

/** A vault takes whatever comes last: what was there before is looked at, and nothing holds the write by it. */
export function vaultWrite(write: Write): Pick<Prepared<SecretContext>, "commit" | "undo"> {
  return reversible<SecretContext>({ commit: (ctx) => commit(write, ctx), undo: (ctx) => undo(write, ctx) });
}

async function commit({ before, text }: Write, ctx: SecretContext): Promise<void> {
  const live = await liveSecret(ctx);
  if (live?.version !== before?.version) throw changedMeanwhile(secretName(ctx.options));
  await put({ text, like: live, tags: marked(live?.tags) }, ctx);
}

/** As many tags as a secret may have (learn.microsoft.com/azure/key-vault/secrets/about-secrets). */
const mostTags = 15;

/** Our tag, where nobody else has put theirs. */
function marked(tags: LiveSecret["tags"] = {}): LiveSecret["tags"] {
  return Object.keys(tags).length >= mostTags ? tags : { [managedBy]: "rotate", ...tags };
}

interface Put {
  readonly text: Secret;
  /** A new version inherits nothing: what there was is said again. */
  readonly like: LiveSecret | undefined;
  readonly tags: LiveSecret["tags"];
}

const written = { type: "object", properties: { id: { type: "string" } }, required: ["id"] } as const;

async function put({ text: value, like, tags }: Put, ctx: SecretContext): Promise<void> {
  const { contentType, exp, nbf } = like ?? {};
  // An end that is over would make the new version one that has ended.
  const lasting = exp !== undefined && exp * 1000 > ctx.now();
  const attributes = { enabled: true, ...(lasting && { exp }), ...(nbf !== undefined && { nbf }) };
  const json = { value, tags, attributes, ...(contentType !== undefined && { contentType }) };
  const answer = await call({ method: "PUT", path: `/secrets/${ctx.options.name}`, json }, ctx);
  if (!answer.ok) throw refusedBy(answer, `cannot write ${secretName(ctx.options)}`);
  readAnswer(answer, written, stranger);
}

/** Versions cannot be taken away one by one: the old value is written once more, and ours disabled. */
async function undo({ before, text }: Write, ctx: SecretContext): Promise<void> {
  const live = await liveSecret(ctx);
  if (live === undefined || live.version === before?.version) return;
  if (live.value !== text.reveal()) {
    if (live.value !== undefined && live.value === before?.value) return;
    if (live.value === undefined && before?.value === undefined) return;
    throw changedMeanwhile(secretName(ctx.options));
  }
  if (before?.value !== undefined) {
    await put({ text: ctx.secret(before.value, "earlier value"), like: before, tags: before.tags }, ctx);
  }
  await disable(live, ctx);
}

async function disable({ version }: LiveSecret, ctx: SecretContext): Promise<void> {
  const json = { attributes: { enabled: false } };
  const answer = await call({ method: "PATCH", path: `/secrets/${ctx.options.name}/${version}`, json }, ctx);
  if (!answer.ok) throw refusedBy(answer, `cannot disable a version of ${secretName(ctx.options)}`);
}
