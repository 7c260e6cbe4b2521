import type { HttpInit, TlsOptions } from "@rotate/plugin-kit";

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
