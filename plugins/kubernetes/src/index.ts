import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { kubernetesRollout } from "./kubernetes-rollout.ts";
import { kubernetesSecret } from "./kubernetes-secret.ts";
import { kubernetesToken } from "./kubernetes-token.ts";

/** Kubernetes: tokens of service accounts, Secrets, rollouts. */
const plugin: Plugin = definePlugin({
  providers: [kubernetesToken],
  sinks: [kubernetesSecret],
  reloads: [kubernetesRollout],
});
export default plugin;
