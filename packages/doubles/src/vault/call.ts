import type { DoubleRequest } from "../http-double.ts";
import { refuse, type Reply } from "./envelope.ts";
import type { LeaseSettings, LeaseStore } from "./leases.ts";
import type { TokenRecord, TokenSettings } from "./token-types.ts";
import type { TokenStore } from "./tokens.ts";
import type { DatabaseState, VaultDoubleOptions } from "./types.ts";

/** What a request does, after its HTTP method. */
export type Operation = "read" | "update" | "delete" | "list";

/** One request, as a route sees it. */
export interface Call {
  readonly request: DoubleRequest;
  /** Without `/v1/` and namespace. */
  readonly path: string;
  readonly operation: Operation;
  /** Body and query. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly token: TokenRecord | undefined;
}

/** What routes share. */
export interface Services {
  readonly options: VaultDoubleOptions;
  readonly now: () => number;
  readonly startedAt: number;
  readonly tokens: TokenStore;
  readonly leases: LeaseStore;
  /** Wrapped data by wrapping token. */
  readonly wrapped: Map<string, { readonly data: Readonly<Record<string, unknown>>; readonly expiresAt: number }>;
  /** The databases behind the engines. */
  readonly database: { state: DatabaseState };
  /** Ends a token with its leases. */
  readonly endToken: (id: string) => Promise<void>;
}

/** What an engine or a login gives back. */
export interface RouteReply extends Reply {
  /** Handed out under a lease of its own. */
  readonly secret?: LeaseSettings;
}

/** A text of the request, or what the server says when it is missing. `status`: some logins take a missing part for a fault of their own. */
export function textOf(
  call: Call,
  name: string,
  refusal?: string | { readonly status: 500; readonly text: string },
): string {
  const value = call.data[name];
  if (typeof value === "string" && value !== "") return value;
  if (refusal === undefined) return "";
  return typeof refusal === "string" ? refuse(400, refusal) : refuse(refusal.status, refusal.text);
}

/** Refuses any other verb, as the framework does. */
export function allowOnly(call: Call, ...operations: readonly Operation[]): void {
  if (!operations.includes(call.operation)) refuse(405, "1 error occurred:\n\t* unsupported operation\n\n");
}

/** Who logged in, or why not. */
export interface LoginResult {
  readonly displayName: string;
  readonly settings: TokenSettings;
  /** What the method notes on the token. */
  readonly metadata: Readonly<Record<string, string>>;
}
