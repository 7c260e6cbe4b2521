import { type DoubleAnswer, type DoubleFaults, type DoubleRequest, startHttpDouble } from "../http-double.ts";
import { containerRoutes } from "./container-routes.ts";
import { connectNetwork, createContainer } from "./create-routes.ts";
import type { ContainerRecord, ImageRecord, RunOptions } from "./types.ts";
import { createWorld, refusal, startContainer, type World } from "./world.ts";

/** Where it listens, and which API versions it speaks. */
export interface DockerDoubleOptions {
  /** Where it listens; the path must be free. */
  readonly socketPath: string;
  /** Newest API that it speaks; default 1.47. */
  readonly apiVersion?: string;
  /** Oldest API that it speaks; default 1.24. */
  readonly minApiVersion?: string;
  /** Wall clock, milliseconds since 1970. */
  readonly now?: () => number;
}

/** A Docker Engine without containers behind it: names, states, networks and environments as the real one keeps them. */
export interface DockerDouble {
  readonly socketPath: string;
  /** Every request seen, in order. */
  readonly requests: readonly DoubleRequest[];
  /** Routes are `METHOD /v1.47/containers/…`. */
  readonly faults: DoubleFaults;
  /** Adds an image, or lets its name mean another one. */
  readonly setImage: (name: string, image: Partial<ImageRecord>) => void;
  /** A container that is there from before; started unless told otherwise. */
  readonly run: (name: string, options?: RunOptions) => ContainerRecord;
  readonly container: (nameOrId: string) => ContainerRecord | undefined;
  readonly names: () => readonly string[];
  readonly close: () => Promise<void>;
}

interface Versions {
  readonly apiVersion: string;
  readonly minApiVersion: string;
}

function minorOf(version: string): number {
  return Number(version.split(".")[1]);
}

function versionFault(minor: number, { apiVersion, minApiVersion }: Versions): DoubleAnswer | undefined {
  if (minor > minorOf(apiVersion))
    return refusal(400, `client version 1.${minor} is too new. Maximum supported API version is ${apiVersion}`);
  if (minor >= minorOf(minApiVersion)) return undefined;
  return refusal(
    400,
    `client version 1.${minor} is too old. Minimum supported API version is ${minApiVersion}, please upgrade your client to a newer version`,
  );
}

function list({ containers }: World, { query }: DoubleRequest): DoubleAnswer {
  const { label = [] } = JSON.parse(query.get("filters") ?? "{}") as { readonly label?: readonly string[] };
  const all = ["1", "true"].includes(query.get("all") ?? "");
  const found = [...containers.values()].filter(({ config, status }) => {
    const labels = Object.entries((config["Labels"] ?? {}) as Readonly<Record<string, string>>).map((pair) =>
      pair.join("="),
    );
    return (all || status === "running") && label.every((wanted) => labels.includes(wanted));
  });
  return { status: 200, body: found.map(({ id, name, status }) => ({ Id: id, Names: [`/${name}`], State: status })) };
}

const notFound = refusal(404, "page not found");

function route(world: World, request: DoubleRequest, minor: number): DoubleAnswer {
  const path = decodeURIComponent(request.path).replace(/^\/v\d+\.\d+/, "");
  const call = `${request.method} ${path}`;
  if (call === "GET /containers/json") return list(world, request);
  if (call === "POST /containers/create") return createContainer(world, request, minor);
  const network = /^POST \/networks\/([^/]+)\/connect$/.exec(call)?.[1];
  if (network !== undefined) return connectNetwork(world, network, request);
  const image = /^GET \/images\/(.+)\/json$/.exec(call)?.[1];
  if (image !== undefined) return inspectImage(world, image);
  const [, name = "", word = ""] = /^\/containers\/([^/]+)(?:\/([a-z]+))?$/.exec(path) ?? [];
  const handle = containerRoutes[`${request.method} ${word}`];
  if (name === "" || handle === undefined) return notFound;
  const container = world.find(name);
  return container === undefined ? refusal(404, `No such container: ${name}`) : handle({ world, container, request });
}

function inspectImage({ images }: World, name: string): DoubleAnswer {
  const found = images.get(name);
  return found === undefined
    ? refusal(404, `No such image: ${name}`)
    : { status: 200, body: { Id: found.id, RepoTags: [name] } };
}

/** Starts the double on a Unix domain socket. It has one image, `app:1`, whose containers run. */
export async function startDockerDouble(options: DockerDoubleOptions): Promise<DockerDouble> {
  const { socketPath, now = Date.now, apiVersion = "1.47", minApiVersion = "1.24" } = options;
  const world = createWorld(now);
  function handle(request: DoubleRequest): DoubleAnswer {
    const about = {
      ApiVersion: apiVersion,
      MinAPIVersion: minApiVersion,
      Version: "27.5.1",
      Os: "linux",
      Arch: "amd64",
    };
    const asked = /^\/v1\.(\d+)\//.exec(request.path)?.[1];
    const minor = asked === undefined ? minorOf(apiVersion) : Number(asked);
    const fault = versionFault(minor, { apiVersion, minApiVersion });
    if (fault !== undefined) return fault;
    if (/^(\/v1\.\d+)?\/version$/.test(request.path)) return { status: 200, body: about };
    if (request.path === "/_ping") return { status: 200, body: "OK", headers: { "api-version": apiVersion } };
    return route(world, request, minor);
  }
  const http = await startHttpDouble({ now, socketPath, handle });
  function setImage(name: string, image: Partial<ImageRecord>): void {
    const before = world.images.get(name) ?? {
      id: `sha256:${name.length.toString(16).padStart(64, "a")}`,
      behaviour: () => "runs" as const,
    };
    world.images.set(name, { ...before, ...image });
  }
  setImage("app:1", {});
  return {
    socketPath,
    requests: http.requests,
    faults: http.faults,
    setImage,
    run: (name, more = {}) => {
      const made = world.add(name, more);
      return more.started === false ? made : startContainer(world, made);
    },
    container: world.find,
    names: () => [...world.containers.values()].map(({ name }) => name).toSorted(),
    close: http.close,
  };
}
