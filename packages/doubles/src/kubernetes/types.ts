import type { DoubleFaults, DoubleRequest, DoubleTls } from "../http-double.ts";

/** Any part of an object of the API. */
export type Json = Readonly<Record<string, unknown>>;

/** What a subject may do, as a rule of a Role; a ClusterRole's when `namespaces` is left out. */
export interface KubernetesRule {
  /** Also `*`. */
  readonly verbs: readonly string[];
  /** `secrets`, `deployments.apps`, `serviceaccounts/token`; also `*`. */
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly namespaces?: readonly string[];
}

/** Somebody who may call the API. */
export interface KubernetesUser {
  readonly name: string;
  readonly rules: readonly KubernetesRule[];
}

/** How to find an object: without a namespace for nodes. */
export interface ObjectKey {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** A Secret that is there at the start. */
export interface KubernetesSecret {
  readonly namespace: string;
  readonly name: string;
  /** Texts by key; encoded by the double. */
  readonly data?: Readonly<Record<string, string>>;
  readonly type?: string;
  readonly immutable?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  /** Who owns what is in it. Default `kubectl-create`. */
  readonly manager?: string;
}

/** What a rollout is for. */
export type WorkloadKind = "deployment" | "statefulset" | "daemonset";

/** A workload that is there at the start, and how its rollouts go. */
export interface KubernetesWorkload {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
  /** Default 2; of a DaemonSet the nodes that it runs on. */
  readonly replicas?: number;
  readonly paused?: boolean;
  /** Default RollingUpdate. */
  readonly strategy?: "RollingUpdate" | "Recreate" | "OnDelete";
  /** Of a StatefulSet. */
  readonly partition?: number;
  /** Its new pods never become ready: a Deployment then exceeds its deadline, 600 s by the clock. */
  readonly stuck?: boolean;
}

/** The cluster at the start. Everything has a default. */
export interface KubernetesDoubleOptions {
  /** Wall clock, milliseconds since 1970. Tokens and rollouts go by it. */
  readonly now?: () => number;
  readonly tls?: DoubleTls;
  /** By bearer token. Default: `admin-token` may do everything. */
  readonly users?: Readonly<Record<string, KubernetesUser>>;
  /** By the common name of a client certificate that `tls.clientCa` signed. */
  readonly certificates?: Readonly<Record<string, KubernetesUser>>;
  /** Default `default`, `app`. */
  readonly namespaces?: readonly string[];
  readonly secrets?: readonly KubernetesSecret[];
  readonly workloads?: readonly KubernetesWorkload[];
  /** With the rules that a token of the account has. */
  readonly serviceAccounts?: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly rules?: readonly KubernetesRule[];
  }[];
  /** Pods (with a namespace) and nodes (without) that a token can be bound to. */
  readonly objects?: readonly ObjectKey[];
  /** `--service-account-max-token-expiration`, milliseconds: a longer life asked for is shortened, with a Warning header. */
  readonly maxTokenLife?: number;
}

/** A request that is held back before it takes effect. */
export interface HeldRequest {
  /** Resolves when it is there. */
  readonly arrived: Promise<void>;
  /** Lets it go on; resolves when it has been answered, whether or not somebody still listens. */
  readonly release: () => Promise<void>;
}

/** The API server of one cluster. What it says of itself is for assertions. */
export interface KubernetesDouble {
  readonly url: string;
  readonly requests: readonly DoubleRequest[];
  readonly faults: DoubleFaults;
  /** Holds back the next request of a route (`METHOD /path`). */
  readonly hold: (route: string) => HeldRequest;
  /** An object as it is stored; undefined when it is not there. */
  readonly object: (key: ObjectKey) => Json | undefined;
  /** The decoded data of a Secret; undefined when it is not there. */
  readonly secret: (namespace: string, name: string) => Readonly<Record<string, string>> | undefined;
  /** Somebody else writes keys of a Secret, made when it is not there, as an update by `manager` (default `kubectl-edit`). */
  readonly editSecret: (
    key: { readonly namespace: string; readonly name: string },
    data: Readonly<Record<string, string>>,
    manager?: string,
  ) => void;
  /** Somebody else applies a Secret (server-side apply, forced), as Helm and `kubectl apply --server-side` do: with `data` in base64, or texts as `stringData`. */
  readonly applySecret: (
    key: { readonly namespace: string; readonly name: string },
    content: {
      readonly data?: Readonly<Record<string, string>>;
      readonly stringData?: Readonly<Record<string, string>>;
    },
    manager: string,
  ) => void;
  readonly remove: (key: ObjectKey) => void;
  /** How often the pod template of a workload was changed. */
  readonly rollouts: (kind: WorkloadKind, namespace: string, name: string) => number;
  /** Replaces what a user may do; undefined forgets the token, so that it is refused with 401. */
  readonly setUser: (token: string, user: KubernetesUser | undefined) => void;
  /** What a TokenReview says of a service account's token; undefined: not authenticated. */
  readonly review: (token: string, audience?: string) => Promise<{ readonly username: string } | undefined>;
  readonly close: () => Promise<void>;
}
