/** The sidecar in the engine's hands. */
import type { SecureContext } from "node:tls";
import type { EndpointContext, OpenEndpoint } from "@rotate/plugin-kit";
import { encryption } from "@rotate/plugin-kit/databases";
import { completer } from "./complete.ts";
import { trustIn } from "./dial.ts";
import type { SidecarSettings } from "./endpoint-options.ts";
import type { Source } from "./enter.ts";
import { createDerive } from "./scram-client.ts";
import { createVerifiers } from "./scram-server.ts";
import { createSidecar, type SidecarOptions } from "./sidecar.ts";

type Ctx = EndpointContext<SidecarSettings>;

/** Listens. Throws RotateError when it cannot, or when a reference leads nowhere: that is to be known now, not at the first login. */
export async function openSidecar(ctx: Ctx): Promise<OpenEndpoint> {
  const source = sourceOf(ctx);
  const local = localOf(ctx);
  await Promise.all([source.trust(), local?.()]);
  const { maxSessions, startupTimeout, onClientGone, database, applicationName, replication } = ctx.options;
  const sidecar = createSidecar({
    source,
    local,
    complete: completer({ database, applicationName, allowReplication: replication }),
    maxSessions,
    startupTimeout,
    cancelsForGone: onClientGone === "cancel",
    refusal: ctx.refusal,
    log: ctx.log,
  });
  await ctx.accept(sidecar.take);
  return { close: sidecar.close };
}

function sourceOf(ctx: Ctx): Source {
  const { upstream, allowMd5, onRefused, startupTimeout } = ctx.options;
  return {
    upstream,
    allowMd5,
    derive: createDerive(),
    trust: trustOf(ctx),
    async current(refused) {
      const asked = refused === undefined || onRefused === "report" ? {} : { refused };
      const credential = await ctx.current({ patience: startupTimeout, ...asked });
      const { login } = await ctx.optionsWith(credential);
      return {
        leaseId: credential.leaseId,
        user: login.user,
        password: await ctx.resolve(ctx.options.login.password, credential),
      };
    },
    held: ctx.held,
    refusedAt({ leaseId }, { sqlstate, message }) {
      ctx.refusal("credential-refused");
      ctx.log.warn("the server refused the credential", { lease: leaseId, sqlstate, message });
    },
  };
}

/** Read anew for each connection, so that an authority that was replaced is picked up; made anew only when it is another. */
function trustOf({ options, readFile }: Ctx): () => Promise<SecureContext> {
  const { ca } = options.upstream;
  const asked = { tls: "verify-full", ...(ca !== undefined && { ca }) } as const;
  let known: { readonly ca: string | undefined; readonly context: SecureContext } | undefined;
  return async () => {
    const read = await encryption(asked, { readFile });
    const text = read === false || read.ca === undefined ? undefined : String(read.ca);
    if (known === undefined || known.ca !== text) known = { ca: text, context: trustIn(text) };
    return known.context;
  };
}

function localOf({ options, resolve }: Ctx): SidecarOptions["local"] {
  const { local } = options;
  if (local === undefined) return undefined;
  const verifierOf = createVerifiers();
  return async () => {
    const password = await resolve(local.password);
    return { login: { user: local.user, password }, verifier: await verifierOf(password) };
  };
}
