import { dirname, join, resolve } from "node:path";
import { invalid, isRotateError, readIfThere, RotateError } from "@rotate/plugin-kit";
import type { ClusterContext } from "../options.ts";
import { isFields, textOf, type Fields } from "./fields.ts";

/** A named part of a kubeconfig, and the directory that its relative paths start from. */
export interface Entry {
  readonly name: string;
  readonly fields: Fields;
  readonly directory: string;
}

/** What the files say together. */
export interface Kubeconfig {
  readonly currentContext: string | undefined;
  readonly contexts: readonly Entry[];
  readonly clusters: readonly Entry[];
  readonly users: readonly Entry[];
}

/** Where to look: the option, else KUBECONFIG, else the home directory's, undefined when even that is unknown. */
export function kubeconfigPaths({ options, env }: Pick<ClusterContext, "options" | "env">): readonly string[] {
  if (options.kubeconfig !== undefined) return [options.kubeconfig];
  const listed = (env["KUBECONFIG"] ?? "").split(":").filter((path) => path !== "");
  if (listed.length > 0) return listed;
  return env["HOME"] === undefined ? [] : [join(env["HOME"], ".kube/config")];
}

/** Certificates and tokens of hundreds of clusters may stand in one. */
const maxBytes = 16 * 1024 * 1024;

/** Reads and merges the files: the first to name something wins, files that are missing are passed over (client-go clientcmd/loader.go). Undefined: none is there. */
export async function readKubeconfig(
  paths: readonly string[],
  ctx: Pick<ClusterContext, "readFile">,
): Promise<Kubeconfig | undefined> {
  const init = { what: "kubeconfig", maxBytes };
  const read = await Promise.all(paths.map(async (path) => parsed(path, await readIfThere(ctx, path, init))));
  const found = read.filter((one) => one !== undefined);
  if (found.length === 0) return undefined;
  return {
    currentContext: found.map(({ currentContext }) => currentContext).find((name) => name !== undefined),
    contexts: found.flatMap(({ contexts }) => contexts),
    clusters: found.flatMap(({ clusters }) => clusters),
    users: found.flatMap(({ users }) => users),
  };
}

/** The names of a file's contexts, the current one first; none of a file that cannot be read. */
export async function contextsIn({
  path,
  text,
}: {
  readonly path: string;
  readonly text: string | undefined;
}): Promise<readonly string[]> {
  const found = await parsed(path, text).catch((error: unknown) => {
    if (isRotateError(error)) return undefined;
    throw error;
  });
  const names = (found?.contexts ?? []).map(({ name }) => name);
  return names.toSorted((a, b) => Number(b === found?.currentContext) - Number(a === found?.currentContext));
}

/** The entry of that name. Throws INVALID that lists the names there are. @param kind for the message */
export function entryOf(entries: readonly Entry[], kind: string, name: string): Entry {
  const found = entries.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const names = entries.map((entry) => entry.name).join(", ");
  throw new RotateError(`the kubeconfig has no ${kind} named ${name}`, {
    code: "NOT_FOUND",
    retryable: false,
    hint: names === "" ? `it has no ${kind} at all` : `it has: ${names}`,
  });
}

/** Relative paths start from the file's directory. */
export function pathIn({ directory }: Entry, path: string): string {
  return resolve(directory, path);
}

async function parsed(path: string, text: string | undefined): Promise<Kubeconfig | undefined> {
  if (text === undefined) return undefined;
  const document = await parseYaml(path, text);
  if (!isFields(document))
    throw invalid(`${path} is no kubeconfig`, "it must hold a mapping with clusters, contexts and users");
  const directory = dirname(resolve(path));
  return {
    currentContext: textOf(document, "current-context"),
    contexts: entriesIn(document, { list: "contexts", inner: "context", directory }),
    clusters: entriesIn(document, { list: "clusters", inner: "cluster", directory }),
    users: entriesIn(document, { list: "users", inner: "user", directory }),
  };
}

async function parseYaml(path: string, text: string): Promise<unknown> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, { prettyErrors: false });
  const [fault] = document.errors;
  if (fault === undefined) return document.toJS({ maxAliasCount: 100 });
  const line = text.slice(0, fault.pos[0]).split("\n").length;
  throw invalid(`${path} is no YAML: line ${line} (${fault.code})`, "`kubectl config view` may help to find the fault");
}

interface Place {
  readonly list: string;
  readonly inner: string;
  readonly directory: string;
}

function entriesIn(document: Fields, { list, inner, directory }: Place): readonly Entry[] {
  const entries = document[list] ?? [];
  if (!Array.isArray(entries))
    throw invalid(`${list} of the kubeconfig is no list`, "compare it with `kubectl config view`");
  return entries.filter(isFields).map((entry) => {
    const fields = entry[inner];
    return { name: textOf(entry, "name") ?? "", fields: isFields(fields) ? fields : {}, directory };
  });
}
