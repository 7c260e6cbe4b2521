/** When a rollout is over: the rules of `kubectl rollout status` (kubectl polymorphichelpers/rollout_status.go). */
import type { Workload } from "./workload.ts";

/** Undefined `missing`: done. `failed`: it will not end by itself. */
export interface Progress {
  /** What is still waited for, for people. */
  readonly missing?: string;
  readonly failed?: string;
}

type Kind = "deployment" | "statefulset" | "daemonset";

/** @param generation that the controller must have seen, of the write that began the rollout */
export function progressOf(kind: Kind, workload: Workload, generation: number): Progress {
  if ((workload.status?.observedGeneration ?? 0) < generation) return { missing: "its controller has not looked yet" };
  if (kind === "deployment") return deploymentProgress(workload);
  return kind === "statefulset" ? setProgress(workload) : daemonProgress(workload);
}

function deploymentProgress({ spec, status = {} }: Workload): Progress {
  const stalled = status.conditions?.find(
    ({ type, reason }) => type === "Progressing" && reason === "ProgressDeadlineExceeded",
  );
  if (stalled !== undefined) return { failed: stalled.message ?? "the progress deadline is over" };
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status;
  const wanted = spec.replicas ?? 1;
  if (updatedReplicas < wanted) return { missing: `${updatedReplicas} of ${wanted} pods are new` };
  if (replicas > updatedReplicas) return { missing: `${replicas - updatedReplicas} old pods are still there` };
  if (availableReplicas >= updatedReplicas) return {};
  return { missing: `${availableReplicas} of ${updatedReplicas} new pods are available` };
}

function setProgress({ spec, status = {} }: Workload): Progress {
  const { updatedReplicas = 0, readyReplicas = 0, currentRevision, updateRevision } = status;
  const wanted = spec.replicas ?? 1;
  const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  if (readyReplicas < wanted) return { missing: `${readyReplicas} of ${wanted} pods are ready` };
  if (partition > 0) {
    const due = Math.max(0, wanted - partition);
    return updatedReplicas >= due ? {} : { missing: `${updatedReplicas} of ${due} pods are new` };
  }
  return updateRevision === currentRevision ? {} : { missing: `${updatedReplicas} of ${wanted} pods are new` };
}

function daemonProgress({ status = {} }: Workload): Progress {
  const {
    desiredNumberScheduled: wanted = 0,
    updatedNumberScheduled: updated = 0,
    numberAvailable: available = 0,
  } = status;
  if (updated < wanted) return { missing: `${updated} of ${wanted} pods are new` };
  return available >= wanted ? {} : { missing: `${available} of ${wanted} pods are available` };
}
