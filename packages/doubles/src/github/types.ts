import type { DoubleAnswer, DoubleFaults, DoubleRequest } from "../http-double.ts";
import type { ActionsSecret, SecretPlace } from "./secret-store.ts";

/** What a GitHub double is made of. Everything has a default. */
export interface GithubDoubleOptions {
  /** Wall clock, milliseconds since 1970. Tokens are issued, expire and are refused by it. */
  readonly now?: () => number;
  /** Default `123456`; the client id `Iv23liDOUBLE` stands for the same app. */
  readonly appId?: string;
  readonly installations?: readonly Installation[];
  /** Behind this path, as an Enterprise Server has it: `/api/v3`. Default: none. */
  readonly prefix?: string;
  /** Length of an installation token. Default 40, as until 2026; newer ones have some 520. */
  readonly tokenLength?: number;
  /** Personal access tokens, and what each may. */
  readonly personal?: Readonly<Record<string, Omit<Bearer, "denied">>>;
  /** Environments that exist, by `owner/repository`. Default: `production` of acme/app. */
  readonly environments?: Readonly<Record<string, readonly string[]>>;
}

/** Whoever shows a token that lives. */
export interface Bearer {
  readonly owner: string;
  readonly repositories: readonly string[];
  readonly permissions: Readonly<Record<string, string>>;
  /** What GitHub answers where a permission is lacking. */
  readonly denied: DoubleAnswer;
}

/** The app as one owner has installed it. */
export interface Installation {
  readonly id: number;
  readonly owner: string;
  /** Default `Organization`. */
  readonly ownerType?: "Organization" | "User";
  readonly repositories: readonly string[];
  /** What the app was granted. */
  readonly permissions: Readonly<Record<string, "read" | "write" | "admin">>;
}

/** An installation token that the double issued. */
export interface InstallationToken {
  readonly installation: number;
  readonly repositories: readonly string[];
  readonly permissions: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** GitHub's REST API with one app. What it says of itself is for assertions. */
export interface GithubDouble {
  /** The API's base URL. */
  readonly url: string;
  readonly appId: string;
  /** The app's private key, PEM (PKCS#1), as GitHub hands it out. */
  readonly privateKey: string;
  /** What is known of a token, while it lives. */
  readonly inspect: (token: string) => InstallationToken | undefined;
  readonly issued: readonly InstallationToken[];
  readonly requests: readonly DoubleRequest[];
  readonly faults: DoubleFaults;
  /** The key is deleted from the app's settings. */
  readonly deleteKey: () => void;
  /** A secret of Actions, with the value that only GitHub knows. */
  readonly actionsSecret: (place: SecretPlace, name: string) => ActionsSecret | undefined;
  /** Somebody else writes it. */
  readonly writeSecret: (
    place: SecretPlace,
    name: string,
    secret: Pick<ActionsSecret, "value"> & Partial<ActionsSecret>,
  ) => void;
  /** What the place gives out to encrypt with. */
  readonly sealingKey: (place: SecretPlace) => Promise<{ readonly id: string; readonly key: string }>;
  /** What is in a sealed box; undefined when it is none for the place. */
  readonly unseal: (place: SecretPlace, box: string) => Promise<string | undefined>;
  /** The place has another key to encrypt for from now on. */
  readonly renewKey: (place: SecretPlace) => void;
  /** The owner suspends the installation. */
  readonly suspend: (id: number) => void;
  readonly close: () => Promise<void>;
}
