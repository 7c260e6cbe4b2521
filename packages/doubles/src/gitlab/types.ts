import type { DoubleFaults, DoubleRequest } from "../http-double.ts";

/** A CI/CD variable as GitLab keeps it. */
export interface GitlabVariable {
  readonly key: string;
  readonly value: string;
  readonly environment_scope: string;
  readonly masked: boolean;
  readonly hidden: boolean;
  readonly protected: boolean;
  readonly raw: boolean;
  readonly variable_type: "env_var" | "file";
  readonly description: string | null;
}

/** What a GitLab double is made of. Everything has a default. */
export interface GitlabDoubleOptions {
  /** Wall clock, milliseconds since 1970. Tokens are refused by it once they are over. */
  readonly now?: () => number;
  /** Default: `projects/acme/app` (also `projects/42`) and `groups/acme`. */
  readonly places?: readonly string[];
}

/** An access token. */
export interface GitlabToken {
  readonly scopes: readonly string[];
  /** The day on which it is no longer taken: `2030-01-01`. */
  readonly expires_at: string | null;
  /** 40: maintainer. */
  readonly level: number;
}

/** GitLab's REST API, as far as variables need it. */
export interface GitlabDouble {
  readonly url: string;
  /** A token with the scope api, of a maintainer. */
  readonly token: string;
  readonly setToken: (token: string, what: Partial<GitlabToken> | undefined) => void;
  /** The variable of a place: `projects/acme/app`. */
  readonly variable: (place: string, key: string, scope?: string) => GitlabVariable | undefined;
  /** Somebody else makes or changes it. */
  readonly setVariable: (place: string, key: string, change: Partial<GitlabVariable>) => void;
  readonly requests: readonly DoubleRequest[];
  readonly faults: DoubleFaults;
  readonly close: () => Promise<void>;
}
