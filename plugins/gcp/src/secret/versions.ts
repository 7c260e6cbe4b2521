import { badAnswer, isRotateError, type Secret } from "@rotate/plugin-kit";
import { readAs } from "../granted.ts";
import { call, lookUp, payloadOf, textIn } from "./api.ts";
import { resourceName, type SecretContext } from "./options.ts";

/** One version of the secret. */
export interface Version {
  readonly number: number;
  /** Undefined: it is disabled or destroyed, and nobody reads it. */
  readonly text: string | undefined;
}

const accessed = {
  type: "object",
  properties: {
    name: { type: "string" },
    payload: {
      type: "object",
      properties: { data: { type: "string" }, dataCrc32c: { type: "string" } },
      required: ["data"],
    },
  },
  required: ["name", "payload"],
} as const;
const named = { type: "object", properties: { name: { type: "string" } }, required: ["name"] } as const;

function numberIn(name: string): number {
  const number = Number(/\/versions\/([0-9]+)$/.exec(name)?.[1] ?? Number.NaN);
  if (Number.isSafeInteger(number)) return number;
  throw badAnswer(
    "the answer does not say which version it is",
    "something between may have changed the answer: check endpoints",
  );
}

type Access = Version | "absent" | "closed";

/** A version by number, or by `latest`. Only a number is sure to be up to date (cloud.google.com/secret-manager/docs, "Consistency"). */
async function access(which: number | "latest", ctx: SecretContext): Promise<Access> {
  const what = `cannot read ${resourceName(ctx.options)}`;
  try {
    const found = await lookUp({ path: `/versions/${which}:access`, what, schema: accessed }, ctx);
    if (found === undefined) return "absent";
    return { number: numberIn(found.name), text: textIn({ ...found.payload, data: found.payload.data }) };
  } catch (error) {
    if (isRotateError(error) && error.code === "INVALID" && (await isClosed(which, ctx))) return "closed";
    throw error;
  }
}

const state = {
  type: "object",
  properties: { name: { type: "string" }, state: { type: "string" } },
  required: ["name", "state"],
} as const;

/** What a version is, apart from its payload. Undefined where it is not there. */
function describe(which: number | "latest", ctx: SecretContext) {
  return lookUp(
    { path: `/versions/${which}`, what: `cannot look at versions of ${resourceName(ctx.options)}`, schema: state },
    ctx,
  );
}

/** Is the version disabled or destroyed? False where we may not ask. */
async function isClosed(which: number | "latest", ctx: SecretContext): Promise<boolean> {
  try {
    const found = await describe(which, ctx);
    return found !== undefined && found.state !== "ENABLED";
  } catch (error) {
    if (isRotateError(error) && error.code === "DENIED") return false;
    throw error;
  }
}

/** The version with this number; undefined when it is not there. */
export async function versionOf(number: number, ctx: SecretContext): Promise<Version | undefined> {
  const found = await access(number, ctx);
  if (found === "absent") return undefined;
  return found === "closed" ? { number, text: undefined } : found;
}

/** The newest version, which `latest` means even where it is disabled or destroyed. `latest` itself lags, by minutes: from the one that it gives on, numbers are tried. */
export async function newestVersion(ctx: SecretContext): Promise<Version | undefined> {
  const given = await access("latest", ctx);
  return newestFrom(given === "absent" || given === "closed" ? await numbered(given, ctx) : given, ctx);
}

/** The same, where a version is known that was the newest once; undefined: there was none. */
export async function newestFrom(known: Version | undefined, ctx: SecretContext): Promise<Version | undefined> {
  let newest = known;
  for (;;) {
    const next = await versionOf((newest?.number ?? 0) + 1, ctx);
    if (next === undefined) return newest;
    newest = next;
  }
}

async function numbered(given: "absent" | "closed", ctx: SecretContext): Promise<Version | undefined> {
  const found = given === "closed" ? await describe("latest", ctx) : undefined;
  return found === undefined ? undefined : { number: numberIn(found.name), text: undefined };
}

/** The most that a version holds (cloud.google.com/secret-manager/quotas). Bytes. */
export const largest = 64 * 1024;

/** Adds a version; its number. */
export async function addVersion(text: Secret, ctx: SecretContext): Promise<number> {
  const what = `cannot add a version to ${resourceName(ctx.options)}`;
  const json = { payload: payloadOf(text, ctx) };
  return numberIn(readAs(await call({ method: "POST", path: ":addVersion", json, what }, ctx), named).name);
}

/** Destroys a version of ours. False, and told, where we may not: it is paid for until somebody does. One that is destroyed already is no error. */
export async function destroyVersion(number: number, ctx: SecretContext): Promise<boolean> {
  const what = `cannot destroy version ${number} of ${resourceName(ctx.options)}`;
  try {
    await call({ method: "POST", path: `/versions/${number}:destroy`, json: {}, what }, ctx);
    return true;
  } catch (error) {
    if (!isRotateError(error)) throw error;
    if (error.code === "NOT_FOUND" || (error.code === "INVALID" && (await isClosed(number, ctx)))) return true;
    if (error.code !== "DENIED") throw error;
    const remedy =
      "grant roles/secretmanager.secretVersionManager on the secret, or destroy it yourself: it is paid for";
    ctx.log.warn("may not destroy a version that it wrote", { path: resourceName(ctx.options), number, remedy });
    return false;
  }
}
