import { defineSink, type SinkContext } from "@rotate/plugin-kit";
import {
  absentSecret,
  asValues,
  checkKeys,
  checkSize,
  documentKeys,
  placedIn,
  readFrom,
  tellOwner,
  tellRisk,
  tellTakeOver,
} from "@rotate/plugin-kit/stores";
import { entraToken, readsOf, scopeOf } from "../access.ts";
import { checkChangeable, checkNotDeleted, liveSecret, managedBy, type LiveSecret } from "./live.ts";
import { options, scopeFor, secretName, type SecretContext, type SecretLogin, type SecretOptions } from "./options.ts";
import { vaultWrite } from "./write.ts";

/** learn.microsoft.com/azure/key-vault/secrets/about-secrets: 25k. Bytes. */
const largest = 25_600;

/** How long a write whose answer was lost may still land: the service gives up on a request before. Milliseconds. */
const lateWrites = 60_000;

/** A secret of Azure Key Vault: each write is a version of it, and readers take the newest. */
export const azureKeyVault = defineSink({
  type: "azure-key-vault",
  options,
  keys: documentKeys,
  lateWrites,

  target: secretName,
  reads: readsOf,
  scope: scopeOf,

  async login(ctx): Promise<SecretLogin> {
    const { token, expires } = await entraToken(scopeFor(ctx.options), ctx);
    return { token, expires };
  },

  async check(ctx) {
    const { format } = ctx.options;
    if (ctx.keys !== undefined) checkKeys(format, ctx.keys);
    const live = await look(ctx);
    if (live === undefined) await checkNotDeleted(ctx);
    if (ctx.samples !== undefined)
      checkSize(secretName(ctx.options), placedIn(format, live?.value, ctx.samples), largest);
    tell(live, ctx);
  },

  async prepare(values, ctx) {
    const before = await look(ctx);
    const next = placedIn(ctx.options.format, before?.value, values);
    checkSize(secretName(ctx.options), next, largest);
    return { changed: next !== before?.value, ...vaultWrite({ before, text: ctx.secret(next, "secret") }) };
  },

  async read(keys, ctx) {
    const live = await liveSecret(ctx);
    return live?.value === undefined ? {} : asValues(readFrom(ctx.options.format, live.value, keys), ctx);
  },
});

async function look(ctx: SecretContext): Promise<LiveSecret | undefined> {
  const live = await liveSecret(ctx);
  if (live === undefined && !ctx.options.create) throw absentSecret(secretName(ctx.options), "az keyvault secret set");
  if (live !== undefined) checkChangeable(live, ctx);
  if (live?.value !== undefined) ctx.secret(live.value, "earlier value");
  return live;
}

/** What is told before the first write, and what may go wrong later though nothing does now. */
function tell(live: LiveSecret | undefined, ctx: SinkContext<SecretOptions, SecretLogin>): void {
  const path = secretName(ctx.options);
  tellOwner(ctx, path, live?.tags[managedBy]);
  if (live?.exp !== undefined) {
    const ends = new Date(live.exp * 1000).toISOString();
    const remedy = `who listens to its end, ${ends}, may write it too: take the expiry away, rotate sees to the life of the value`;
    tellRisk(ctx, { code: "ROTATE_RISK_OTHER_WRITER", message: "the secret has an expiry of its own", path, remedy });
  }
  if (ctx.ours === true) return;
  if (live?.value !== undefined) tellTakeOver(ctx, path);
  const remedy =
    "a vault with more than 500 versions of one cannot be backed up: rotate seldom, or delete and purge the secret now and then";
  tellRisk(ctx, {
    code: "ROTATE_RISK_VERSIONS",
    message: "each write adds a version, and single versions cannot be deleted",
    path,
    remedy,
  });
}
