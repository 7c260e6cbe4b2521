/** What a container of an image does when it is started. */
export type StartBehaviour = "runs" | "dies" | "flaps" | "healthy" | "unhealthy" | "starting";

/** Any object of the API. */
export type Json = Readonly<Record<string, unknown>>;

/** A container as the engine keeps it. */
export interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  readonly config: Json;
  readonly hostConfig: Json;
  readonly networks: Readonly<Record<string, Json>>;
  readonly mounts: readonly Json[];
  readonly imageId: string;
  readonly status: "created" | "running" | "exited";
  readonly exitCode: number;
  /** RFC 3339; empty until it is started. */
  readonly startedAt: string;
  readonly starts: number;
  readonly signals: readonly string[];
}

/** An image: its id, and how its containers behave. */
export interface ImageRecord {
  readonly id: string;
  /** What it does depends on the environment that the container was created with. */
  readonly behaviour: (environment: readonly string[]) => StartBehaviour;
}

/** How a container is made without going over the wire. */
export interface RunOptions {
  readonly image?: string;
  readonly env?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly config?: Json;
  readonly hostConfig?: Json;
  readonly networks?: Readonly<Record<string, Json>>;
  readonly mounts?: readonly Json[];
  /** Default true. */
  readonly started?: boolean;
}
