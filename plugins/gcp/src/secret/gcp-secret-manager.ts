import { defineSink, type Prepared } from "@rotate/plugin-kit";
import {
  absentSecret,
  asValues,
  checkKeys,
  checkSize,
  documentKeys,
  placedIn,
  readFrom,
} from "@rotate/plugin-kit/stores";
import { accessTokenOf, readsOf, scopeOf } from "../access.ts";
import { aliasWrite, renewEtag } from "./alias.ts";
import { checkRights, tell } from "./check.ts";
import { latestWrite } from "./latest.ts";
import { checkUnmanaged, liveSecret, lookIfAllowed, type LiveSecret } from "./live.ts";
import { options, resourceName, type SecretContext, type SecretLogin } from "./options.ts";
import { largest, newestVersion, versionOf, type Version } from "./versions.ts";

/** How long a version that is added may still land, or a move of the alias that no fence held: Google's front end gives up on a request before. Milliseconds. */
const lateWrites = 60_000;

/** A secret of Google Cloud's Secret Manager: each write is a version of it. The wire is that of cloud.google.com/secret-manager/docs/reference/rest. */
export const gcpSecretManager = defineSink({
  type: "gcp-secret-manager",
  options,
  keys: documentKeys,
  lateWrites,

  target: ({ alias, ...given }) => `${resourceName(given)}@${alias ?? "latest"}`,
  reads: readsOf,
  scope: scopeOf,

  async login(ctx): Promise<SecretLogin> {
    const { token, expires } = await accessTokenOf(ctx);
    return { token, expires };
  },

  async check(ctx) {
    if (ctx.keys !== undefined) checkKeys(ctx.options.format, ctx.keys);
    const { live, current, text } = await look(ctx);
    if (live !== undefined) await checkRights(ctx);
    if (ctx.samples !== undefined)
      checkSize(resourceName(ctx.options), placedIn(ctx.options.format, text, ctx.samples), largest);
    tell(live, current, ctx);
  },

  async prepare(values, ctx) {
    const seen = await look(ctx);
    const next = placedIn(ctx.options.format, seen.text, values);
    checkSize(resourceName(ctx.options), next, largest);
    const changed = next !== seen.text;
    return { changed, ...(await writeOf(seen, { next, changed }, ctx)) };
  },

  async read(keys, ctx) {
    const { alias } = ctx.options;
    const version = alias === undefined ? await newestVersion(ctx) : await aliased(await liveSecret(ctx), alias, ctx);
    return version?.text === undefined ? {} : asValues(readFrom(ctx.options.format, version.text, keys), ctx);
  },

  fence: (ctx) => renewEtag(ctx),
});

/** What there is now. */
interface Seen {
  /** Undefined: no such secret, and we may make it. */
  readonly live: LiveSecret | "unseen" | undefined;
  /** What readers get. */
  readonly current: Version | undefined;
  readonly text: string | undefined;
}

async function look(ctx: SecretContext): Promise<Seen> {
  const { alias, create } = ctx.options;
  const live = await lookIfAllowed(ctx);
  if (live === undefined && !create) throw absentSecret(resourceName(ctx.options), "gcloud secrets create");
  if (live === undefined) return { live, current: undefined, text: undefined };
  if (live !== "unseen") checkUnmanaged(live, ctx);
  const current = alias === undefined || live === "unseen" ? await newestVersion(ctx) : await aliased(live, alias, ctx);
  if (current?.text !== undefined) ctx.secret(current.text, "earlier value");
  return { live, current, text: current?.text };
}

async function aliased(live: LiveSecret | undefined, alias: string, ctx: SecretContext): Promise<Version | undefined> {
  const number = live?.aliases[alias];
  return number === undefined ? undefined : versionOf(Number(number), ctx);
}

interface Next {
  readonly next: string;
  readonly changed: boolean;
}

async function writeOf(
  { live, current: before }: Seen,
  { next, changed }: Next,
  ctx: SecretContext,
): Promise<Pick<Prepared<SecretContext>, "commit" | "undo">> {
  const { alias } = ctx.options;
  const text = ctx.secret(next, "secret");
  if (alias === undefined || live === "unseen") return latestWrite({ exists: live !== undefined, before, text });
  if (changed) return aliasWrite({ alias, live, before, text }, ctx);
  return { commit: async () => undefined, undo: async () => undefined };
}
