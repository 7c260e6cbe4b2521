import type { Login, Secret } from "@rotate/plugin-kit";

/** A workspace: the origin of its URL, and its number where one is needed. */
export interface Workspace {
  readonly origin: string;
  readonly id: string | undefined;
}

/** We hold a bearer for the control plane. */
export interface BearerLogin extends Login {
  readonly kind: "bearer";
  readonly workspace: Workspace;
  readonly bearer: Secret;
  /** What a reader can do when the bearer is refused. */
  readonly remedy: string;
  /** The bearer may ask who it is (SCIM). */
  readonly mayAskWho: boolean;
}

/** The Databricks CLI logs in by itself. */
export interface CliLogin extends Login {
  readonly kind: "cli";
  readonly workspace: Workspace;
  /** Undefined: the login that was made for the host alone. */
  readonly profile: string | undefined;
  readonly configFile: string;
  readonly remedy: string;
}

/** What a login leaves us with: a token that we send ourselves, or a CLI that knows its own. */
export type WorkspaceLogin = BearerLogin | CliLogin;
