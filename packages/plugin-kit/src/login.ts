import type { Context } from "./context.ts";

/** An instant, or a life in milliseconds counted from before the call began, or what never ends by itself. */
export type Expires = Date | { readonly in: number } | "never";

/** What a login may say beside what the plugin keeps in it. Without `expires` it serves one call; with it, it is shared until then. */
export interface Login {
  readonly [name: string]: unknown;
  readonly expires?: Expires;
  /** The end of the secret that we logged in with: alarmed in time. */
  readonly bootstrapExpires?: Date;
}

/** The context of a call after `login`. */
export interface LoggedIn<Options = unknown, L = unknown> extends Context<Options> {
  /** What `login` returned: one login in flight at a time, kept between calls until it expires. */
  readonly login: L;
}

/** What a part's login is to the types when it has none. */
export interface NoLoginAbove {
  readonly [noLogin]: true;
}
declare const noLogin: unique symbol;
