import { defineCoordinator } from "@rotate/plugin-kit";
import { requireRights } from "./api/access.ts";
import { connect } from "./api/api.ts";
import { clusterPlaces, followedPlaces } from "./auth/places.ts";
import { readLease, writeLease } from "./lease/live.ts";
import { leaseRights, options } from "./lease/options.ts";
import { clusterScope, inCluster } from "./options.ts";

/** Machines see by Leases whose turn it is: one Lease for each consumer of a group that may be away at once. */
export const kubernetesLease = defineCoordinator({
  type: "kubernetes-lease",
  options,

  scope: clusterScope,
  reads: clusterPlaces,
  follows: followedPlaces,
  clusterRights: (given, permits) => inCluster(leaseRights(given, Number(permits)), given),
  async check(permits, ctx) {
    const api = await connect(ctx);
    await requireRights(api, leaseRights(ctx.options, permits), ctx);
    await readLease(api, 0, ctx);
  },
  async read(permit, ctx) {
    return readLease(await connect(ctx), permit, ctx);
  },
  async write(permit, next, ctx) {
    return writeLease(await connect(ctx), { number: permit, ...next }, ctx);
  },
});
