import { type Context, isRotateError, type ReloadEvent, RotateError } from "@rotate/plugin-kit";
import { blueprint, type Changes } from "./blueprint.ts";
import { type Container, inspect, inspectIfThere, suffixes, text } from "./container.ts";
import type { Engine } from "./engine.ts";
import { type Dialect, readEnvFiles } from "./env-file.ts";
import { waitUntilUp, type WaitOptions } from "./wait.ts";

/** The options that a recreation obeys. */
interface RecreateOptions extends WaitOptions {
  readonly envFiles?: readonly string[];
}

/** One recreation. */
export interface Recreation {
  readonly engine: Engine;
  readonly name: string;
  readonly dialect: Dialect;
  readonly event: ReloadEvent;
}
type Ctx = Context<RecreateOptions>;

function at(name: string): string {
  return `/containers/${encodeURIComponent(name)}`;
}

/** Throws INVALID for a container that cannot be replaced and put back. */
export function checkRecreatable({ name, hostConfig }: Container): void {
  if (hostConfig["AutoRemove"] !== true) return;
  const hint = "start it without --rm, so that the old one can be put back if the new one does not come up";
  throw new RotateError(`${name} is removed by the engine as soon as it stops`, {
    code: "INVALID",
    retryable: false,
    hint,
  });
}

/**
 * Replaces a container by one like it with the environment that the env files have now: made beside the old one, which is stopped only then and removed
 * only when the new one is up. When that fails the old one is put back. What an interrupted one left behind is tidied up first.
 */
export async function recreate({ engine, name, dialect, event }: Recreation, ctx: Ctx): Promise<void> {
  await tidy(engine, name);
  const old = await inspect(engine, name);
  checkRecreatable(old);
  const changes = await changesTo(old, { engine, name, dialect, event }, ctx);
  await create({ engine, name }, blueprint(old, changes, ctx.secret));
  try {
    await engine.call("POST", `${at(name)}/stop`);
    await engine.call("POST", `${at(name)}/rename`, { query: { name: name + suffixes.old } });
    await engine.call("POST", `${at(name + suffixes.fresh)}/rename`, { query: { name } });
    await engine.call("POST", `${at(name)}/start`);
    await waitUntilUp(engine, name, ctx);
  } catch (error) {
    throw await putBack({ engine, name }, old, error);
  }
  await engine.call("DELETE", at(old.id));
}

async function changesTo(old: Container, { engine, dialect, event }: Recreation, ctx: Ctx): Promise<Changes> {
  const variables = await readEnvFiles(ctx.options.envFiles ?? [], dialect, ctx);
  const secretNames = new Set(event.written.flatMap(({ keys }) => keys));
  return { variables, secretNames, image: await imageOf(old, engine), version: engine.version };
}

/** A rotation must not be an update: when the image's name means another image by now, the old one's id is used. */
async function imageOf({ config, imageId }: Container, { call }: Engine): Promise<string> {
  const name = text(config["Image"]);
  try {
    const answer = await call("GET", `/images/${name.split("/").map(encodeURIComponent).join("/")}/json`);
    const { Id } = answer.json({ type: "object", properties: { Id: { type: "string" } }, required: ["Id"] });
    return Id === imageId ? name : imageId;
  } catch (error) {
    if (isRotateError(error) && error.code === "NOT_FOUND") return imageId;
    throw error;
  }
}

type Place = Pick<Recreation, "engine" | "name">;

async function create({ engine, name }: Place, { body, connect }: ReturnType<typeof blueprint>): Promise<void> {
  const fresh = name + suffixes.fresh;
  await engine.call("POST", "/containers/create", { query: { name: fresh }, json: body });
  for (const [network, EndpointConfig] of connect) {
    const json = { Container: fresh, EndpointConfig };
    await engine.call("POST", `/networks/${encodeURIComponent(network)}/connect`, { json });
  }
}

/** Removes the new one and starts the old one again, under its name. @returns what to throw */
async function putBack({ engine, name }: Place, old: Container, cause: unknown): Promise<RotateError> {
  const { call } = engine;
  const why = isRotateError(cause) ? cause : new RotateError(String(cause), { code: "FAILED", retryable: false });
  try {
    for (const stray of [name, name + suffixes.fresh]) {
      const found = await inspectIfThere(engine, stray);
      if (found !== undefined && found.id !== old.id) await call("DELETE", at(found.id), { query: { force: true } });
    }
    const now = await inspect(engine, old.id);
    if (now.name !== name) await call("POST", `${at(old.id)}/rename`, { query: { name } });
    if (old.running) await call("POST", `${at(old.id)}/start`);
  } catch (error) {
    const hint = `look at docker ps -a: the old container is ${old.id.slice(0, 12)}; the next try tidies up`;
    const message = `${why.message}; and the old container could not be put back: ${String(error)}`;
    return new RotateError(message, { code: "FAILED", retryable: true, hint, cause });
  }
  const { code, retryable, hint } = why;
  return new RotateError(`${why.message}; the old container runs again`, { code, retryable, hint, cause });
}

/** Undoes what an interrupted recreation left: a new container that never got its name, an old one that lost it or was not removed. */
async function tidy(engine: Engine, name: string): Promise<void> {
  const [fresh, old] = await Promise.all(
    [suffixes.fresh, suffixes.old].map((suffix) => inspectIfThere(engine, name + suffix)),
  );
  if (fresh !== undefined) await engine.call("DELETE", at(fresh.id), { query: { force: true } });
  if (old === undefined) return;
  const current = await inspectIfThere(engine, name);
  if (current === undefined) await engine.call("POST", `${at(old.id)}/rename`, { query: { name } });
  else await engine.call("DELETE", at(old.id), { query: { force: true } });
}
