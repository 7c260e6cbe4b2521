import { defineEndpoint } from "@rotate/plugin-kit";
import { environmentOf, faultsOf, sidecarOptions } from "./sidecar/endpoint-options.ts";

/** A stable address for an application; behind it sessions at the server, each with the credential that is current when it begins. */
export const postgresEndpoint = defineEndpoint({
  type: "postgres",
  options: sidecarOptions,
  sessions: true,
  authenticates: ({ local }) => local !== undefined,
  reads: ({ upstream: { ca } }) => (ca === undefined ? [] : [{ path: ca }]),
  faults: faultsOf,
  environment: environmentOf,
  shadowedBy: ["PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE", "PGHOSTADDR", "PGUSER", "PGDATABASE"],

  async open(ctx) {
    const { openSidecar } = await import("./sidecar/open.ts");
    return openSidecar(ctx);
  },
});
