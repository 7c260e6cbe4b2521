import type { SecureContext } from "node:tls";
import { defineEndpoint, type EndpointContext } from "@rotate/plugin-kit";
import { encryption } from "@rotate/plugin-kit/databases";
import { completer } from "./sidecar/complete.ts";
import type { SidecarOptions } from "./sidecar/sidecar.ts";
import type { Source } from "./sidecar/enter.ts";
import { environmentOf, faultsOf, sidecarOptions, type SidecarSettings } from "./sidecar/endpoint-options.ts";

type Ctx = EndpointContext<SidecarSettings>;

/** A stable address for an application; behind it sessions at the server, each with the credential that is current when it begins. */
export const postgresEndpoint = defineEndpoint({
  type: "postgres",
  options: sidecarOptions,
  sessions: true,
  authenticates: ({ local }) => local !== undefined,
  reads: ({ upstream: { ca } }) => (ca === undefined ? [] : [{ path: ca }]),
  faults: faultsOf,
  environment: environmentOf,

  async open(ctx) {
    const { createSidecar } = await import("./sidecar/sidecar.ts");
    const source = await sourceOf(ctx);
    // What is wrong with them is to be known now, not at the first login.
    await source.trust();
    const local = await localOf(ctx);
    await local?.();
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
  },
});

async function sourceOf(ctx: Ctx): Promise<Source> {
  const { upstream, allowMd5, onRefused, startupTimeout } = ctx.options;
  const { createDerive } = await import("./sidecar/scram-client.ts");
  return {
    upstream,
    allowMd5,
    derive: createDerive(),
    trust: await trustOf(ctx),
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
async function trustOf({ options, readFile }: Ctx): Promise<() => Promise<SecureContext>> {
  const { trustIn } = await import("./sidecar/dial.ts");
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

async function localOf({ options, resolve }: Ctx): Promise<SidecarOptions["local"]> {
  const { local } = options;
  if (local === undefined) return undefined;
  const { createVerifiers } = await import("./sidecar/scram-server.ts");
  const verifierOf = createVerifiers();
  return async () => {
    const password = await resolve(local.password);
    return { login: { user: local.user, password }, verifier: await verifierOf(password) };
  };
}
