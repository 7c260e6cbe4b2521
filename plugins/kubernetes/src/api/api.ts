import { beforehand, type HttpAnswer, type HttpInit, type RotateError } from "@rotate/plugin-kit";
import { findCluster, type Connection } from "../auth/index.ts";
import type { ClusterContext } from "../options.ts";
import { refusal, type Tried } from "./refusal.ts";

/** One request to the API server. */
export interface ApiRequest extends Pick<HttpInit, "method" | "query" | "json">, Omit<Tried, "who"> {
  /** Segments, each encoded: `["api", "v1", …]`. */
  readonly path: readonly string[];
  /** Of the body; default `application/json`. */
  readonly contentType?: string;
  /** Answer only with the metadata: it spares us what is secret in a body that we wrote ourselves. */
  readonly metadataOnly?: boolean;
}

/** The API server of one cluster, as one call of ours sees it. */
export interface Api {
  /** Any status is an answer. 401 is tried once more with a login that is read anew. */
  readonly send: (request: ApiRequest) => Promise<HttpAnswer>;
  /** A success. Throws what `refusal` makes of anything else. */
  readonly call: (request: ApiRequest) => Promise<HttpAnswer>;
  /** An answer of `send` that is no success, as an error. */
  readonly refusal: (answer: HttpAnswer, tried: Omit<Tried, "who">) => RotateError;
}

/** A whole Secret of the largest size, in base64 and with its metadata; bytes. */
const maxAnswer = 4 * 1024 * 1024;
const partial = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/** Finds the cluster and logs in. Good for one call of the plugin: nothing is kept after it. What a login throws came before what it is for. */
export async function connect(ctx: ClusterContext): Promise<Api> {
  let connection = await beforehand(() => findCluster(ctx));
  async function send(request: ApiRequest): Promise<HttpAnswer> {
    const answer = await exchange(connection, request, ctx);
    if (answer.status !== 401) return answer;
    connection = await beforehand(() => findCluster(ctx));
    return exchange(connection, request, ctx);
  }
  async function call(request: ApiRequest): Promise<HttpAnswer> {
    const answer = await send(request);
    if (answer.ok) return answer;
    throw refused(answer, request);
  }
  function refused(answer: HttpAnswer, tried: Omit<Tried, "who">): RotateError {
    return refusal(answer, { ...tried, who: connection.who });
  }
  return { send, call, refusal: refused };
}

function exchange(connection: Connection, request: ApiRequest, { http }: ClusterContext): Promise<HttpAnswer> {
  const { server, who: _who, ...proof } = connection;
  const { path, contentType, metadataOnly, what: _what, refusals: _refusals, ...init } = request;
  const url = new URL(path.map(encodeURIComponent).join("/"), server.endsWith("/") ? server : `${server}/`);
  const headers = {
    ...(contentType !== undefined && { "content-type": contentType }),
    ...(metadataOnly === true && { accept: partial }),
  };
  return http(url, { ...init, ...proof, headers, maxAnswer });
}
