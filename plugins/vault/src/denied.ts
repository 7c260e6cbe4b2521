import { isRotateError, meanings, RotateError } from "@rotate/plugin-kit";
import type { LoggedInContext } from "./login/index.ts";
import { call } from "./wire.ts";

/** What a policy has to allow. */
export interface Right {
  readonly path: string;
  readonly capability: "read" | "create" | "update" | "delete";
}

/** What the token may do, by path. */
export type Granted = Readonly<Record<string, readonly string[]>>;

/**
 * Makes a plain "permission denied" say what is missing: the server is asked what the token may do on the path.
 * Returns the error as it was when that cannot be told.
 */
export async function explainDenied(error: unknown, right: Right, ctx: LoggedInContext): Promise<unknown> {
  if (!isRotateError(error) || error.code !== "DENIED") return error;
  const granted = await grantedOn([right.path], ctx);
  return granted === undefined || isGranted(right, granted) ? error : lacking([right], error);
}

/** True when it is granted, or when the server did not say. */
export function isGranted({ path, capability }: Right, granted: Granted): boolean {
  const on = granted[path];
  return on === undefined || on.includes(capability) || on.includes("root");
}

/** DENIED that names all that is missing at once, and the policy that grants it. */
export function lacking(rights: readonly Right[], cause?: unknown): RotateError {
  const what = rights.map(({ path, capability }) => `${capability} ${path}`).join(", ");
  const message = `the token may not ${what}: permission denied (HTTP 403)`;
  return new RotateError(message, { ...meanings.denied, hint: `grant it in a policy: ${policyFor(rights)}`, cause });
}

/** The stanzas of a policy. */
export function policyFor(rights: readonly Right[]): string {
  return rights.map(({ path, capability }) => `path "${path}" { capabilities = ["${capability}"] }`).join(" ");
}

const capabilities = { type: "array", items: { type: "string" } } as const;
const answered = {
  type: "object",
  properties: { data: { type: "object", additionalProperties: capabilities } },
  required: ["data"],
} as const;

interface Batch {
  readonly paths: Set<string>;
  readonly answer: Promise<Granted | undefined>;
}

/** What is asked under one login in the same turn goes in one request. */
const batches = new WeakMap<object, Batch>();
/** Paths. */
const largestBatch = 100;

/** What the token may do on each path (sys/capabilities-self); perhaps on others too. Undefined when that cannot be asked. */
export function grantedOn(paths: readonly string[], ctx: LoggedInContext): Promise<Granted | undefined> {
  const open = batches.get(ctx.login);
  const batch = open !== undefined && open.paths.size < largestBatch ? open : startBatch(ctx);
  for (const path of paths) batch.paths.add(path);
  return batch.answer;
}

function startBatch(ctx: LoggedInContext): Batch {
  const paths = new Set<string>();
  async function collected(): Promise<Granted | undefined> {
    await new Promise((resolve) => setImmediate(resolve));
    if (batches.get(ctx.login) === batch) batches.delete(ctx.login);
    return askFor([...paths], ctx);
  }
  const batch = { paths, answer: collected() };
  batches.set(ctx.login, batch);
  return batch;
}

async function askFor(paths: readonly string[], ctx: LoggedInContext): Promise<Granted | undefined> {
  try {
    const { token } = ctx.login;
    const answer = await call(ctx, { verb: "POST", path: "sys/capabilities-self", json: { paths }, token });
    const data = answer.tryJson(answered)?.data;
    return data === undefined
      ? undefined
      : Object.fromEntries(paths.flatMap((path) => (data[path] ? [[path, data[path]]] : [])));
  } catch (error) {
    ctx.log.debug("what the token may do cannot be asked", { reason: isRotateError(error) ? error.code : "" });
    return undefined;
  }
}
