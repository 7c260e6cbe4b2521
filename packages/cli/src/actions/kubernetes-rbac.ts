import { clusterRightsOf, EngineError } from "@rotate/core";
import type { ClusterRight } from "@rotate/plugin-kit";
import type { ActionInput } from "../action.ts";
import { rbacGroup, rbacObjects, type RbacObject, type RbacSubject } from "../output/rbac.ts";
import { readSpec } from "../spec.ts";

/** `service-account`: `[NAMESPACE/]NAME`. */
export interface RbacFlags {
  readonly "service-account"?: string | undefined;
  readonly user?: string | undefined;
  /** As the parts of the spec name it, `default` for the one without a name. */
  readonly cluster?: string | undefined;
  readonly name: string;
}

/** `rotate kubernetes rbac --json`. */
export interface RbacReport {
  readonly version: 1;
  readonly clusters: readonly {
    /** As the parts of the spec name it, `default` for the one without a name. */
    readonly cluster: string;
    readonly objects: readonly RbacObject[];
  }[];
}

/** `rotate kubernetes rbac`: the rules that the spec needs, as YAML for `kubectl apply`. */
export async function kubernetesRbac({ flags, json, terminal }: ActionInput<RbacFlags, object>): Promise<RbacReport> {
  const rights = clusterRightsOf(await readSpec(flags.file, terminal, { whole: true }));
  const all = Map.groupBy(rights, ({ cluster = byDefault }) => cluster);
  const clusters = [...chosen(all, flags.cluster)].map(([cluster, granted]) => ({
    cluster,
    objects: rbacObjects(granted, { name: flags.name, subject: subjectOf(flags, granted) }),
  }));
  if (clusters.length === 0) terminal.err("nothing in this spec works in a Kubernetes cluster");
  if (!json) for (const { objects } of oneOf(clusters)) terminal.out(await yamlOf(objects));
  return { version: 1, clusters };
}

const byDefault = "default";

type ByCluster = ReadonlyMap<string, readonly ClusterRight[]>;

function chosen(all: ByCluster, cluster: string | undefined): ByCluster {
  if (cluster === undefined) return all;
  const granted = all.get(cluster);
  if (granted !== undefined) return new Map([[cluster, granted]]);
  throw usage(`the spec names no cluster ${JSON.stringify(cluster)}`, choices(all.keys()));
}

/** What is printed is applied to one cluster. */
function oneOf(clusters: RbacReport["clusters"]): RbacReport["clusters"] {
  if (clusters.length <= 1) return clusters;
  const names = clusters.map(({ cluster }) => cluster);
  throw usage(`the spec works in ${names.length} clusters, and each needs roles of its own`, choices(names));
}

function choices(names: Iterable<string>): string {
  return `name one: ${[...names].map((name) => `--cluster ${JSON.stringify(name)}`).join(", ")}`;
}

function subjectOf(
  { user, "service-account": account = "rotate" }: RbacFlags,
  rights: readonly ClusterRight[],
): RbacSubject {
  if (user !== undefined) return { kind: "User", name: user, apiGroup: rbacGroup };
  const [name = "", ...before] = account.split("/").toReversed();
  const given = before.length === 0 ? onlyNamespace(rights) : before.toReversed().join("/");
  if (!isName(name) || !isName(given))
    throw usage(`${JSON.stringify(account)} is no service account`, "give NAMESPACE/NAME: small letters, digits, `-`");
  return { kind: "ServiceAccount", name, namespace: given };
}

/** Throws when the spec works in several: which one the account is of cannot be told. */
function onlyNamespace(rights: readonly ClusterRight[]): string {
  const namespaces = [...new Set(rights.flatMap(({ namespace }) => namespace ?? []))];
  const [only] = namespaces;
  if (only !== undefined && namespaces.length === 1) return only;
  throw usage(
    `the spec works in ${namespaces.length} namespaces: which one is the service account of?`,
    `say it: --service-account ${only ?? "NAMESPACE"}/rotate`,
  );
}

/** RFC 1123, as the server will have it. */
function isName(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(text);
}

function usage(message: string, hint: string): EngineError {
  return new EngineError(message, { code: "ROTATE_USAGE", exitCode: 2, hint });
}

async function yamlOf(objects: readonly RbacObject[]): Promise<string> {
  const { stringify } = await import("yaml");
  const texts = objects.map((object) => stringify(object, { lineWidth: 0, collectionStyle: "any" }));
  return texts.join("---\n").trimEnd();
}
