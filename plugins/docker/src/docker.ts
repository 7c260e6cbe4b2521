import {
  invalid,
  type Context,
  defineReload,
  type Infer,
  type ObjectSchema,
  type ReloadEvent,
  type RotateError,
  type WrittenSink,
} from "@rotate/plugin-kit";
import { composeNames, type Container, environmentNames, inspect } from "./container.ts";
import { connectEngine, type Engine } from "./engine.ts";
import { checkRecreatable, recreate } from "./recreate.ts";
import { waitUntilUp } from "./wait.ts";

const options = {
  type: "object",
  properties: {
    container: {
      type: "string",
      minLength: 1,
      description: "The container's name (not its id: a recreated one has another).",
    },
    service: { type: "string", minLength: 1, description: "Or a Compose service, with `project`." },
    project: { type: "string", minLength: 1, description: "The Compose project." },
    action: { enum: ["recreate", "restart", "signal"], default: "restart" },
    signal: { type: "string", pattern: "^SIG[A-Z0-9]+$", default: "SIGHUP" },
    envFiles: {
      type: "array",
      items: { type: "string", format: "path" },
      minItems: 1,
      description:
        "The files that its environment comes from: read anew for `recreate`, and a mistake with anything else.",
    },
    socketPath: { type: "string", format: "path", default: "/var/run/docker.sock" },
    healthyWithin: {
      type: "string",
      format: "duration",
      default: "45s",
      description: "How long it may take to get up; less than `timeout`.",
    },
    stableFor: { type: "string", format: "duration", default: "1s", description: "How long it must stay up." },
    adopts: {
      type: "boolean",
      description:
        "Does success show that it holds the new credential? Default: yes for recreate and restart, no for signal.",
    },
  },
} as const satisfies ObjectSchema;
type Ctx = Context<Infer<typeof options>>;

/** Recreates, restarts or signals a container, or those of a Compose service, through the Docker Engine's socket. */
export const docker = defineReload({
  type: "docker",
  start: { title: "a Docker container is restarted, or made anew", options: ["container"] },
  options,

  adopts: ({ action, adopts }) => adopts ?? action !== "signal",
  async check(ctx, planned = []) {
    const engine = await connectEngine(ctx);
    const containers = await Promise.all((await namesOf(engine, ctx)).map((name) => inspect(engine, name)));
    for (const container of containers) {
      await checkOne(container, ctx);
      if (ctx.options.action !== "recreate") refuseFixed(container, planned);
    }
  },
  async run(event, ctx) {
    const engine = await connectEngine(ctx);
    // One after another: a service of several containers stays up.
    for (const name of await namesOf(engine, ctx)) await reloadOne({ engine, name, event }, ctx);
  },
});

async function namesOf(engine: Engine, { options: { container, service, project } }: Ctx): Promise<readonly string[]> {
  const hint = "set `container`, or `service` and `project`";
  if (container !== undefined && service === undefined && project === undefined) return [container];
  if (container !== undefined || service === undefined || project === undefined)
    throw invalid("it is not clear which container is meant", hint);
  return composeNames(engine, service, project);
}

function fixedAtCreation(name: string, what: string): RotateError {
  const hint = "set `action: recreate` with `envFiles`, or let the application read the file itself";
  return invalid(`${what} would not reach ${name}: a container's environment is fixed when it is created`, hint);
}

async function checkOne(container: Container, ctx: Ctx): Promise<void> {
  const { action, envFiles } = ctx.options;
  const { name, id } = container;
  const asked = ctx.options.container;
  if (asked !== undefined && asked !== name && id.startsWith(asked))
    throw invalid(`${asked} is an id`, `give the name: ${name}`);
  if (action !== "recreate" && envFiles !== undefined)
    throw fixedAtCreation(name, `${envFiles.join(", ")} as env file`);
  if (action === "recreate") {
    checkRecreatable(container);
    warnOfMissingFiles(container, ctx);
  }
  if (action === "signal" && !container.running) ctx.log.warn("the container is not running now", { container: name });
}

/** Without env files a new container gets the old one's environment, credential and all. */
function warnOfMissingFiles({ name }: Container, { options: { envFiles }, log }: Ctx): void {
  if (envFiles === undefined)
    log.warn("the new container will have the old one's environment: no `envFiles` are given", { container: name });
}

interface Target {
  readonly engine: Engine;
  readonly name: string;
  readonly event: ReloadEvent;
}

async function reloadOne({ engine, name, event }: Target, ctx: Ctx): Promise<void> {
  const { action, signal, service } = ctx.options;
  if (action === "recreate") {
    return recreate({ engine, name, event, dialect: service === undefined ? "docker" : "compose" }, ctx);
  }
  refuseFixed(await inspect(engine, name), event.written);
  const path = `/containers/${encodeURIComponent(name)}`;
  if (action === "signal") return void (await engine.call("POST", `${path}/kill`, { query: { signal } }));
  await engine.call("POST", `${path}/restart`);
  await waitUntilUp(engine, name, ctx);
}

/** A variable that our sink writes stands in the container's own environment: it keeps the old value through any restart. */
function refuseFixed(container: Container, written: readonly WrittenSink[]): void {
  const fixed = environmentNames(container);
  const keys = written.filter(({ type }) => type === "dotenv").flatMap((sink) => sink.keys);
  const held = keys.find((key) => fixed.has(key));
  if (held !== undefined) throw fixedAtCreation(container.name, held);
}
