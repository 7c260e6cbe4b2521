export { createKubernetesDouble } from "./double.ts";
export { issuer as kubernetesIssuer } from "./tokens.ts";
export type {
  HeldRequest as HeldKubernetesRequest,
  KubernetesDouble,
  KubernetesDoubleOptions,
  KubernetesRule,
  KubernetesSecret,
  KubernetesUser,
  KubernetesWorkload,
  ObjectKey as KubernetesObjectKey,
  WorkloadKind as KubernetesWorkloadKind,
} from "./types.ts";
