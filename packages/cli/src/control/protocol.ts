import type { CredentialOptions, EngineEvent, RunOptions } from "@rotate/core";

/** What a running watch says of itself. */
export interface Hello {
  readonly version: 1;
  /** Of the spec that it works by: see `specKey`. */
  readonly spec: string;
  readonly startedAt: string;
  /** What time it is by the clock that it tells by; absent from one of an earlier version. */
  readonly at?: string;
}

/** Who asks, as they say themselves. */
export interface Asker {
  readonly by: string;
}

/** `POST /v1/run` */
export type RunQuestion = Asker & Pick<RunOptions, "names" | "force" | "timeout" | "lockTimeout" | "concurrency">;

/** `POST /v1/revoke` */
export interface RevokeQuestion extends Asker {
  readonly name: string;
  readonly previous?: boolean;
}

/** `POST /v1/eject`: without either it only tells what would stay. */
export interface EjectQuestion extends Asker {
  readonly name: string;
  readonly keep?: boolean;
  /** By destination key, in the clear: the socket is the user's own. */
  readonly values?: Readonly<Record<string, string>>;
}

/** `POST /v1/credential`: the report is a CurrentCredential, in the clear: the socket is the user's own. */
export interface CredentialQuestion extends Pick<
  CredentialOptions,
  "minRemaining" | "lockTimeout" | "refused" | "lendTo"
> {
  readonly name: string;
}

/** An error as it goes over the socket. */
export interface ErrorLine {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly exitCode: 1 | 2 | 5 | 6;
}

/** A line of the answer to a question that takes its time: what happens, at last the report or an error; `{}` says that it is still at it. */
export interface Line {
  readonly event?: EngineEvent;
  readonly report?: unknown;
  readonly error?: ErrorLine;
}
