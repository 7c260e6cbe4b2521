import { isRotateError, RotateError, type Schema } from "@rotate/plugin-kit";
import type { Engine } from "./engine.ts";

const inspected = {
  type: "object",
  properties: {
    Id: { type: "string" },
    Name: { type: "string" },
    Image: { type: "string" },
    RestartCount: { type: "integer", default: 0 },
    State: {
      type: "object",
      properties: {
        Status: { type: "string" },
        Running: { type: "boolean" },
        ExitCode: { type: "integer", default: 0 },
        StartedAt: { type: "string", default: "" },
      },
      required: ["Status", "Running"],
    },
    Config: { type: "object" },
    HostConfig: { type: "object" },
  },
  required: ["Id", "Name", "Image", "State", "Config", "HostConfig"],
} as const satisfies Schema;

/** Any JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** A container as `GET /containers/{id}/json` tells it; the parts that a new one is made of are kept whole. */
export interface Container {
  readonly id: string;
  /** Without the slash that the API puts in front. */
  readonly name: string;
  /** The id of the image that it runs. */
  readonly imageId: string;
  readonly status: string;
  readonly running: boolean;
  readonly exitCode: number;
  readonly startedAt: string;
  readonly restartCount: number;
  /** `none`, `starting`, `healthy` or `unhealthy`. */
  readonly health: string;
  readonly config: Json;
  readonly hostConfig: Json;
  readonly mounts: readonly Json[];
  /** Endpoint settings by network. */
  readonly networks: Readonly<Record<string, Json>>;
}

/** The value as an object; anything else is an empty one (Go writes null for what is not set). */
export function record(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** The value if it is text; anything else is an empty one. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The texts of a list; anything else is an empty one. */
export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function records(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(record) : [];
}

/** Inspects a container by name or id. Throws NOT_FOUND. */
export async function inspect({ call }: Engine, name: string): Promise<Container> {
  const answer = await call("GET", `/containers/${encodeURIComponent(name)}/json`);
  const found = answer.json(inspected);
  const more = record(found);
  return {
    id: found.Id,
    name: found.Name.replace(/^\//, ""),
    imageId: found.Image,
    status: found.State.Status,
    running: found.State.Running,
    exitCode: found.State.ExitCode,
    startedAt: found.State.StartedAt,
    restartCount: found.RestartCount,
    health: text(record(record(found.State)["Health"])["Status"]) || "none",
    config: record(found.Config),
    hostConfig: record(found.HostConfig),
    mounts: records(more["Mounts"]),
    networks: Object.fromEntries(
      Object.entries(record(record(more["NetworkSettings"])["Networks"])).map(([network, settings]) => [
        network,
        record(settings),
      ]),
    ),
  };
}

/** The same, or undefined when there is none. */
export async function inspectIfThere(engine: Engine, name: string): Promise<Container | undefined> {
  try {
    return await inspect(engine, name);
  } catch (error) {
    if (isRotateError(error) && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}

/** Names of the environment that was fixed when the container was created. */
export function environmentNames({ config }: Container): ReadonlySet<string> {
  return new Set(texts(config["Env"]).map((entry) => entry.split("=", 1)[0] ?? ""));
}

const listed = {
  type: "array",
  items: { type: "object", properties: { Names: { type: "array", items: { type: "string" } } }, required: ["Names"] },
} as const satisfies Schema;

/** The suffixes of containers that a recreation makes on its way. */
export const suffixes = { fresh: ".rotate-new", old: ".rotate-old" } as const;

function withoutSuffix(name: string): string {
  return name.replace(/^\//, "").replace(/\.rotate-(new|old)$/, "");
}

/** The containers of a Compose service, by the labels that Compose gives them, in order. Throws NOT_FOUND when there is none. */
export async function composeNames({ call }: Engine, service: string, project: string): Promise<readonly string[]> {
  const label = [
    `com.docker.compose.project=${project}`,
    `com.docker.compose.service=${service}`,
    "com.docker.compose.oneoff=False",
  ];
  const answer = await call("GET", "/containers/json", { query: { all: true, filters: JSON.stringify({ label }) } });
  const names = new Set(answer.json(listed).flatMap(({ Names }) => Names.slice(0, 1).map(withoutSuffix)));
  if (names.size > 0) return [...names].toSorted();
  const hint = "check `docker compose ls` and `docker compose ps --all`; bring it up once with Compose";
  throw new RotateError(`no container of the service ${service} in the project ${project}`, {
    code: "NOT_FOUND",
    retryable: false,
    hint,
  });
}
