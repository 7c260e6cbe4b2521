import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";

/** One question. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What stands in the path for `:name`. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/** A path and what is answered there. */
export interface Route {
  readonly method?: "POST";
  /** `/api/v1/rotations/:name` */
  readonly path: string;
  /** Undefined: it has answered itself. */
  readonly answer: (call: Call) => Promise<Answer | undefined>;
}

/** The route of a request, with the words of its path; undefined when there is none. */
export function routeOf(
  routes: readonly Route[],
  { method, url = "" }: Pick<IncomingMessage, "method" | "url">,
): { readonly route: Route; readonly params: Call["params"]; readonly query: URLSearchParams } | undefined {
  const [path = "", query = ""] = url.split(/\?(.*)/s);
  for (const route of routes) {
    if ((route.method === "POST") !== (method === "POST")) continue;
    const params = paramsOf(route.path, path);
    if (params !== undefined) return { route, params, query: new URLSearchParams(query) };
  }
  return undefined;
}

function paramsOf(pattern: string, path: string): Call["params"] | undefined {
  const [wanted, given] = [pattern.split("/"), path.split("/").map(decode)];
  if (wanted.length !== given.length) return undefined;
  const pairs = wanted.map((word, at) => [word, given[at]] as const);
  if (!pairs.every(([word, text]) => (word.startsWith(":") ? text !== undefined && text !== "" : word === text)))
    return undefined;
  return Object.fromEntries(
    pairs.flatMap(([word, text = ""]) => (word.startsWith(":") ? [[word.slice(1), text]] : [])),
  );
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
