import { type Context, type Secret, type Text } from "@rotate/plugin-kit";
import { type Container, type Json, record, text, texts } from "./container.ts";
import { compareVersions } from "./engine.ts";

/** Where several networks can be given to `create`, and a MAC address belongs to the endpoint (Engine API v1.44). */
const manyNetworks = "1.44";

/** What differs in the new container. */
export interface Changes {
  /** Environment to set, over the old one's. */
  readonly variables: ReadonlyMap<string, string>;
  /** Names among them whose values are secret for sure. */
  readonly secretNames: ReadonlySet<string>;
  /** What the old container's image is to be called: its name, or its id when the name has moved on. */
  readonly image: string;
  readonly version: string;
}

/** The body of `POST /containers/create`, and the networks to connect afterwards. */
export interface Blueprint {
  readonly body: Json;
  readonly connect: readonly (readonly [network: string, endpoint: Json])[];
}

function environment(
  { config }: Container,
  { variables, secretNames }: Changes,
  secret: Context["secret"],
): readonly Text[] {
  function entry(name: string, value: string): string | Secret {
    if (!secretNames.has(name)) return `${name}=${value}`;
    secret(value, name);
    return secret(`${name}=${value}`, name);
  }
  const kept = texts(config["Env"]).filter((old) => !variables.has(old.split("=", 1)[0] ?? ""));
  return [...kept, ...Array.from(variables, ([name, value]) => entry(name, value))];
}

/** Volumes without a name in the configuration: the new container must get the very same ones, not empty new ones. */
function anonymousVolumes({ mounts, hostConfig }: Container): readonly string[] {
  const mounted = Array.isArray(hostConfig["Mounts"])
    ? hostConfig["Mounts"].map((mount) => record(mount)["Target"])
    : [];
  const bound = texts(hostConfig["Binds"]).map((bind) => bind.split(":")[1]);
  const known = new Set<unknown>([...mounted, ...bound]);
  const volumes = mounts.filter((mount) => mount["Type"] === "volume" && !known.has(mount["Destination"]));
  return volumes.map(({ Name, Destination, RW }) => `${text(Name)}:${text(Destination)}${RW === false ? ":ro" : ""}`);
}

/** What was asked for when the container joined, without what the engine filled in. */
function endpointOf(settings: Json, { id }: Container): Json {
  const { IPAMConfig, Links, DriverOpts, GwPriority } = settings;
  const Aliases = texts(settings["Aliases"]).filter((alias) => alias !== id.slice(0, 12));
  return { IPAMConfig, Links, DriverOpts, GwPriority, Aliases };
}

function configOf({ config, hostConfig, id }: Container): Json {
  const mode = text(hostConfig["NetworkMode"]);
  const { Hostname, MacAddress: _, ...rest } = config;
  // The engine made the host name from the id, or it belongs to the network that is shared.
  const given = Hostname !== id.slice(0, 12) && mode !== "host" && !mode.startsWith("container:");
  return given ? { ...rest, Hostname } : rest;
}

function endpointsOf(container: Container): readonly (readonly [string, Json])[] {
  const primary = text(container.hostConfig["NetworkMode"]);
  const mac = text(container.config["MacAddress"]);
  return Object.entries(container.networks).map(([network, settings]) => {
    const endpoint = endpointOf(settings, container);
    const own = mac !== "" && (network === primary || primary === "default");
    return [network, own ? { ...endpoint, MacAddress: mac } : endpoint] as const;
  });
}

/** A container like the old one in all that it was configured with, but for the changes. Old secrets in it stay as they came; new ones are Secret. */
export function blueprint(old: Container, changes: Changes, secret: Context["secret"]): Blueprint {
  const endpoints = endpointsOf(old);
  const atOnce = compareVersions(changes.version, manyNetworks) >= 0 ? endpoints : endpoints.slice(0, 1);
  const body = {
    ...configOf(old),
    Image: changes.image,
    Env: environment(old, changes, secret),
    HostConfig: { ...old.hostConfig, Binds: [...texts(old.hostConfig["Binds"]), ...anonymousVolumes(old)] },
    NetworkingConfig: { EndpointsConfig: Object.fromEntries(atOnce) },
  };
  return { body, connect: endpoints.slice(atOnce.length) };
}
