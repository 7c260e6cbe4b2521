import type { HttpInit, TlsOptions } from "@rotate/plugin-kit";
import type { ClusterContext } from "../options.ts";

/** A cluster, and how we show who we are. */
export interface Connection extends Pick<HttpInit, "bearer" | "basic" | "proxy"> {
  /** URL of the API server. */
  readonly server: string;
  readonly tls: TlsOptions;
  /** Who we are, in words for people. */
  readonly who: string;
}

/** The part of a connection that proves who we are. */
export interface Identity extends Pick<Connection, "bearer" | "basic"> {
  readonly tls: Pick<TlsOptions, "cert" | "key">;
}

/** What an identity may need to know of the cluster. */
export interface ForCluster {
  readonly server: string;
  readonly ca: string | undefined;
  readonly ctx: ClusterContext;
}
