import { randomBytes } from "node:crypto";
import type { DoubleAnswer } from "../http-double.ts";
import type { ContainerRecord, ImageRecord, Json, RunOptions } from "./types.ts";

/** An answer that ends the request: `{ message }`, as the engine words it. */
export function refusal(status: number, message: string): DoubleAnswer {
  return { status, body: { message } };
}

/** The engine's containers and images. */
export interface World {
  readonly containers: Map<string, ContainerRecord>;
  readonly images: Map<string, ImageRecord>;
  readonly now: () => number;
  readonly find: (nameOrId: string) => ContainerRecord | undefined;
  readonly save: (container: ContainerRecord) => void;
  readonly add: (name: string, options: RunOptions) => ContainerRecord;
}

function newId(): string {
  return randomBytes(32).toString("hex");
}

function made(name: string, options: RunOptions, imageId: string): ContainerRecord {
  const id = newId();
  const {
    image = "app:1",
    env = [],
    labels = {},
    config = {},
    hostConfig = {},
    networks = { bridge: {} },
    mounts = [],
  } = options;
  return {
    id,
    name,
    imageId,
    config: { Hostname: id.slice(0, 12), Image: image, Env: env, Labels: labels, Cmd: ["serve"], ...config },
    hostConfig: { NetworkMode: "default", Binds: null, AutoRemove: false, ...hostConfig },
    networks,
    mounts,
    status: "created",
    exitCode: 0,
    startedAt: "",
    starts: 0,
    signals: [],
  };
}

/** An engine with nothing in it. @param now wall clock, milliseconds since 1970 */
export function createWorld(now: () => number): World {
  const containers = new Map<string, ContainerRecord>();
  const images = new Map<string, ImageRecord>();
  function find(nameOrId: string): ContainerRecord | undefined {
    const all = [...containers.values()];
    const byName = all.find(({ name, id }) => name === nameOrId.replace(/^\//, "") || id === nameOrId);
    return byName ?? all.find(({ id }) => nameOrId.length >= 4 && id.startsWith(nameOrId));
  }
  function save(container: ContainerRecord): void {
    containers.set(container.id, container);
  }
  function add(name: string, options: RunOptions): ContainerRecord {
    const container = made(name, options, images.get(options.image ?? "app:1")?.id ?? "");
    save(container);
    return container;
  }
  return { containers, images, now, find, save, add };
}

/** Sends a container on its way, as its image behaves with its environment. */
export function startContainer(world: World, container: ContainerRecord): ContainerRecord {
  const behaviour = behaviourOf(world, container);
  const starts = container.starts + 1;
  const startedAt = new Date(world.now() + starts).toISOString();
  const status = behaviour === "dies" ? "exited" : "running";
  const started = { ...container, status, exitCode: behaviour === "dies" ? 1 : 0, startedAt, starts } as const;
  world.save(started);
  return started;
}

function behaviourOf({ images }: World, { config }: ContainerRecord) {
  const image = [...images].find(([name, { id }]) => name === config["Image"] || id === config["Image"]);
  return image?.[1].behaviour((config["Env"] as readonly string[] | null) ?? []) ?? "runs";
}

/** `GET /containers/{id}/json`. A container that flaps is started anew between two looks. */
export function inspectionOf(world: World, container: ContainerRecord): Json {
  const behaviour = behaviourOf(world, container);
  if (behaviour === "flaps" && container.status === "running")
    world.save({ ...container, starts: container.starts + 1, startedAt: `${container.startedAt}x` });
  const running = container.status === "running";
  const checked = ["healthy", "unhealthy", "starting"].includes(behaviour);
  const health = checked ? { Health: { Status: running ? behaviour : "unhealthy", FailingStreak: 0, Log: [] } } : {};
  return {
    Id: container.id,
    Name: `/${container.name}`,
    Image: container.imageId,
    RestartCount: 0,
    State: {
      Status: container.status,
      Running: running,
      ExitCode: container.exitCode,
      StartedAt: container.startedAt,
      ...health,
    },
    Config: container.config,
    HostConfig: container.hostConfig,
    Mounts: container.mounts,
    NetworkSettings: { Networks: container.networks },
  };
}
