import type { Socket } from "node:net";
import type { Context, Text } from "./context.ts";
import type { PartFacts } from "./part.ts";
import type { Fields } from "./provider.ts";
import type { Infer, ObjectSchema, OnlySchemaWords } from "./schema.ts";
import type { Secret, SecretRef } from "./secret.ts";

/** What an endpoint gives: the credential of a rotation that consumers are to use now. It does not change: the next one is another object. */
export interface EndpointCredential {
  /** The rotation's name. */
  readonly rotation: string;
  /** All fields, also those that are no secrets. */
  readonly fields: Readonly<Record<string, Secret>>;
  /** What the provider says of each. */
  readonly declared: Fields;
  /** What the rotation's sinks of type `env` make of it; absent without one. */
  readonly environment?: Readonly<Record<string, Secret>> | undefined;
  /** Ours. For `held` and `current({ refused })`. */
  readonly leaseId: string;
  /** Keyed: tells one credential from another and nothing of its value. May be shown to the consumer. */
  readonly fingerprint: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date | "never";
  /** Milliseconds that it still lives, whatever was done to the wall clock meanwhile; never below 0, Infinity for one that never ends. */
  readonly remaining: () => number;
  /** The one before it, while it still lives: for verifiers that know both. */
  readonly previous?: Omit<EndpointCredential, "previous" | "environment"> | undefined;
}

/** What is asked of `EndpointContext.current`. */
export interface CurrentQuestion {
  /** Which of the entry's rotations. Needed where there are several. */
  readonly rotation?: string;
  /** A server said no to this lease: a newer one is minted, once for all who say so, within the rotation's budget. */
  readonly refused?: string;
  /** Milliseconds to wait for one where there is none. Default 900: clients of metadata services give up after a second. */
  readonly patience?: number;
}

/** What the methods of an endpoint work with. Unlike the context of a single call it is good until the endpoint was closed, which is when `signal` aborts. */
export interface EndpointContext<Options = unknown> extends Context<Options> {
  /** The entry's name in the spec. */
  readonly entry: string;
  /** The rotations that it serves, by name. */
  readonly rotations: readonly string[];
  /**
   * The credential to be used now, from memory: it waits for no lock and no reload, and a live one is given whatever state its rotation is in. Throws RotateError
   * UNAVAILABLE when there is none within the patience, NOT_FOUND for a rotation that is not served, and what the mint threw when `refused` led to none.
   */
  readonly current: (question?: CurrentQuestion) => Promise<EndpointCredential>;
  /** Resolves when the current credential of its rotation is another one; rejects with the reason of the signal. */
  readonly changed: (known: EndpointCredential, signal?: AbortSignal) => Promise<void>;
  /**
   * For endpoints with `sessions`: a session begins to use this lease. Until what it gives was called the lease counts as in use, and is not revoked. To be called
   * before the lease is shown to anybody.
   */
  readonly held: (leaseId: string) => () => void;
  /** Reads a secret option anew; a template needs the credential whose fields it names. */
  readonly resolve: (ref: SecretRef, credential?: EndpointCredential) => Promise<Secret>;
  /** The options with the templates among them that are no secrets (`template: true`) rendered with this credential. */
  readonly optionsWith: (credential: EndpointCredential) => Promise<Options>;
  /**
   * Answers by HTTP at the entry's address, and nowhere else. What the handler sees has passed the guards: who may connect, the host asked for, no header that a proxy or a
   * browser adds, no header twice. At most one of `listen` and `accept`, once. What the handler throws becomes a 503 without its text. Throws RotateError when it cannot listen.
   */
  readonly listen: (handler: EndpointHandler) => Promise<ListeningAt>;
  /** The same for what is not HTTP: it is given each connection of somebody who may connect, paused, with an error listener of its own. */
  readonly accept: (take: (connection: Socket) => void) => Promise<ListeningAt>;
  /** Somebody was turned away: counted by the word, which stands in metrics and `rotate status`, and logged. Lower-case letters and dashes. */
  readonly refusal: (word: string) => void;
}

/** Where an endpoint listens. */
export type ListeningAt = { readonly socket: string } | { readonly host: string; readonly port: number };

/** Answers one request. */
export type EndpointHandler = (request: EndpointRequest) => Promise<EndpointAnswer>;

/** A request without a body: nobody has to send one to be given a credential. */
export interface EndpointRequest {
  readonly method: string;
  /** Decoded by nobody: `/v1/credentials/app-db`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** By name, in any case. */
  readonly header: (name: string) => string | undefined;
  /** Is it the secret that is asked for, after this prefix? In a time that tells nothing of it. */
  readonly shows: (header: string, secret: Secret, prefix?: string) => boolean;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** What is sent back; never kept by anybody on the way. Secrets are revealed on the wire only. `json` or `text`, or neither. */
export interface EndpointAnswer {
  readonly status: number;
  readonly json?: unknown;
  /** Sent as `text/plain` unless a header says otherwise. */
  readonly text?: Text;
  readonly headers?: Readonly<Record<string, string>>;
  /** Why nothing was given, as `refusal` takes it. */
  readonly refusal?: string;
}

/** An endpoint that is open. */
export interface OpenEndpoint {
  /**
   * Ends it: when it is called nobody new is let in any more. Resolves when those inside have gone; when `hurry` aborts they are sent away. Connections that are left after it
   * are cut. Absent: nothing is to be said to anybody.
   */
  readonly close?: (hurry: AbortSignal) => Promise<void>;
}

/** An endpoint as its author writes it: a place where consumers ask for a credential, or that they go through. */
export interface EndpointDefinition<O> extends PartFacts<Infer<O>> {
  /** The word in the spec. */
  readonly type: string;
  readonly options: O & OnlySchemaWords<O>;
  /** The fields that a rotation must have to be served. Pure. Absent: none in particular. */
  needs?(options: Infer<O>): readonly string[];
  /** It serves any number of rotations. Absent: exactly one. */
  readonly many?: true;
  /** A consumer uses a lease for as long as its session lasts, and the endpoint knows when that ends (`held`). Absent: who was given a lease may use it to its end, so it is never revoked early. */
  readonly sessions?: true;
  /** Its clients ask for a new credential when less than this is left, ms: one is there by then. Default 5 minutes. */
  readonly clientWindow?: number;
  /** Does it ask each consumer for a secret, with these options? Only then may it listen on a port for all users of this machine. Pure. Absent: no. */
  authenticates?(options: Infer<O>): boolean;
  /** What else stands in the way, offline: sentences without a full stop. Pure. `listen` as it stands in the spec. */
  faults?(options: Infer<O>, listen: ListeningAt): readonly string[];
  /** The variables by which a command finds it. Pure. Absent: none. */
  environment?(options: Infer<O>, at: ListeningAt): Readonly<Record<string, string>>;
  /** Variables that its clients look at before they ask: a command that is to ask is started without them. Absent: none. */
  readonly shadowedBy?: readonly string[];
  /** Listens. Throws RotateError when it cannot. */
  open(ctx: EndpointContext<Infer<O>>): Promise<OpenEndpoint>;
}
/** An endpoint as the engine sees it. */
export interface Endpoint
  extends
    Omit<
      EndpointDefinition<ObjectSchema>,
      "options" | "needs" | "scope" | "reads" | "follows" | "writes" | "clusterRights" | "open"
    >,
    PartFacts<unknown> {
  readonly options: ObjectSchema;
  needs?(options: unknown): readonly string[];
  authenticates?(options: unknown): boolean;
  faults?(options: unknown, listen: ListeningAt): readonly string[];
  environment?(options: unknown, at: ListeningAt): Readonly<Record<string, string>>;
  open(ctx: EndpointContext): Promise<OpenEndpoint>;
}

/** Checks an endpoint's definition against its own schema at compile time, and gives the engine's view of it. */
export function defineEndpoint<const O extends ObjectSchema>(definition: EndpointDefinition<O>): Endpoint {
  return definition;
}
