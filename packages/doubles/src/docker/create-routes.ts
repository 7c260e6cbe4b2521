import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import type { Json } from "./types.ts";
import { refusal, type World } from "./world.ts";

function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function parse(body: string): Json | undefined {
  try {
    return object(JSON.parse(body));
  } catch {
    return undefined;
  }
}

function nameTaken(world: World, name: string): DoubleAnswer | undefined {
  const holder = world.find(`/${name}`);
  if (holder === undefined) return undefined;
  const remedy = "You have to remove (or rename) that container to be able to reuse that name.";
  return refusal(
    409,
    `Conflict. The container name "/${name}" is already in use by container "${holder.id}". ${remedy}`,
  );
}

const validName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Answers for a name that cannot be given; undefined when it can. */
export function nameFault(world: World, name: string): DoubleAnswer | undefined {
  if (validName.test(name)) return nameTaken(world, name);
  return refusal(400, `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
}

/** `POST /containers/create?name=`. */
export function createContainer(world: World, request: DoubleRequest, minor: number): DoubleAnswer {
  const body = parse(request.body);
  if (body === undefined || !request.headers["content-type"]?.startsWith("application/json")) {
    return refusal(400, "invalid JSON: got EOF while reading request body");
  }
  const name = request.query.get("name") ?? "";
  const fault = nameFault(world, name);
  if (fault !== undefined) return fault;
  const { HostConfig, NetworkingConfig, ...config } = body;
  const image = [...world.images].find(([tag, { id }]) => tag === config["Image"] || id === config["Image"]);
  if (image === undefined) return refusal(404, `No such image: ${String(config["Image"])}`);
  const endpoints = object(object(NetworkingConfig)["EndpointsConfig"]);
  if (Object.keys(endpoints).length > 1 && minor < 44) {
    return refusal(400, `Container cannot be connected to network endpoints: ${Object.keys(endpoints).join(", ")}`);
  }
  const made = world.add(name, {
    config,
    hostConfig: object(HostConfig),
    networks: endpoints as Readonly<Record<string, Json>>,
    env: [],
  });
  world.save({ ...made, config, imageId: image[1].id });
  return { status: 201, body: { Id: made.id, Warnings: [] } };
}

/** `POST /networks/{id}/connect`. */
export function connectNetwork(world: World, network: string, request: DoubleRequest): DoubleAnswer {
  const { Container, EndpointConfig } = parse(request.body) ?? {};
  const container = world.find(String(Container));
  if (container === undefined) return refusal(404, `No such container: ${String(Container)}`);
  world.save({ ...container, networks: { ...container.networks, [network]: object(EndpointConfig) } });
  return { status: 200 };
}
