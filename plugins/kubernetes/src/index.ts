import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { kubernetesLease } from "./kubernetes-lease.ts";
import { kubernetesRollout } from "./kubernetes-rollout.ts";
import { kubernetesSecret } from "./kubernetes-secret.ts";
import { kubernetesToken } from "./kubernetes-token.ts";

/** Kubernetes: tokens of service accounts, Secrets, rollouts, turns of a fleet by Leases. */
const plugin: Plugin = definePlugin({
  providers: [kubernetesToken],
  sinks: [kubernetesSecret],
  reloads: [kubernetesRollout],
  coordinators: [kubernetesLease],
});
export default plugin;
