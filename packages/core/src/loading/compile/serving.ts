import { isRecord, nameOf, valueAt, type Fault } from "../fault.ts";
import { bareFields } from "../bare-fields.ts";
import type { EndpointEntry, Rotation, Served, SinkEntry, Spec } from "../model.ts";
import { selects } from "../name-pattern.ts";
import type { Compilation } from "./context.ts";
import type { RawRotation } from "./foreach.ts";
import { compileEndpoint, type Servable } from "./serve.ts";

/** The rotations of a document, as they stand there and as far as they have no faults. */
export interface Rotations {
  readonly raws: readonly RawRotation[];
  readonly rotations: readonly Rotation[];
}

/** The entries of `serve`, and the rotations with what these ask of them. Reports two at one address, and rotations that are neither written nor given to anybody. */
export function compileServe(
  document: unknown,
  { raws, rotations }: Rotations,
  compilation: Compilation,
): Pick<Spec, "serve" | "rotations"> {
  const written = entriesOf(document);
  const servable = { rotations, isUnsure: unsureAmong(raws, document) };
  const serve = written.flatMap(
    ([name, value]) => compileEndpoint({ value, path: ["serve", name] }, servable, compilation) ?? [],
  );
  const given = serve.map(({ rotations: names, part }) => ({ names: new Set(names), part }));
  const found = rotations.map((rotation) => withServed(rotation, given));
  const isWhole = serve.length === written.length;
  const faults = [...findDoubleAddresses(serve), ...(isWhole ? findUseless({ raws, rotations: found }) : [])];
  faults.forEach(compilation.report);
  const served = found.filter((rotation) => rotation.served !== undefined);
  const paths = new Map(served.length === 0 ? [] : raws.toReversed().map(({ name, path }) => [name, path]));
  served.flatMap((rotation) => forgetful(rotation, paths.get(rotation.name)) ?? []).forEach(compilation.report);
  return { serve, rotations: found };
}

function entriesOf(document: unknown): readonly (readonly [string, unknown])[] {
  const written = valueAt(document, ["serve"]);
  return Object.entries(isRecord(written) ? written : {});
}

/** Of these nothing can be said: they have faults of their own, or a list holds them back. */
function unsureAmong(raws: readonly RawRotation[], document: unknown): Servable["isUnsure"] {
  const written = valueAt(document, ["rotations"]);
  const known = new Set(raws.map(({ path }) => path[1]));
  const families = Object.keys(isRecord(written) ? written : {}).filter((family) => !known.has(family));
  return (name) => raws.some((one) => selects(name, one.name)) || families.some((one) => name.startsWith(`${one}.`));
}

/** Whom an endpoint gives. */
interface Given extends Pick<EndpointEntry, "part"> {
  readonly names: ReadonlySet<string>;
}

function withServed(rotation: Rotation, serve: readonly Given[]): Rotation {
  const served = servedOf(rotation.name, serve);
  if (served === undefined) return rotation;
  return { ...rotation, served, refresh: { ...rotation.refresh, window: served.window } };
}

/** SDKs and pools ask again some minutes before the end. ms */
const usualWindow = 5 * 60_000;

function servedOf(name: string, serve: readonly Given[]): Served | undefined {
  const parts = serve.flatMap(({ names, part }) => (names.has(name) ? [part] : []));
  if (parts.length === 0) return undefined;
  return {
    pulls: parts.some(({ sessions }) => sessions !== true),
    sessions: parts.some(({ sessions }) => sessions === true),
    window: Math.max(...parts.map(({ clientWindow = usualWindow }) => clientWindow)),
  };
}

/** The second could not listen. */
function findDoubleAddresses(serve: readonly EndpointEntry[]): readonly Fault[] {
  const taken = new Map<string, string>();
  return serve.flatMap(({ name, listen }) => {
    const address = "socket" in listen ? listen.socket : `${listen.host}:${listen.port}`;
    const other = taken.get(address);
    taken.set(address, name);
    const message = `serve.${other} listens on ${address} already`;
    return other === undefined ? [] : [{ path: ["serve", name, "listen"], message }];
  });
}

/** Credentials that are written nowhere and given to nobody. */
function findUseless({ raws, rotations }: Rotations): readonly Fault[] {
  const served = new Set(rotations.flatMap((rotation) => (rotation.served ? [rotation.name] : [])));
  const useless = raws.filter(({ name, value }) => !served.has(name) && countSinks(value) === 0);
  const paths = new Map(useless.map(({ path, value }) => [path[1], { path, value }]));
  return [...paths.values()].map(({ path, value }) => {
    const what = valueAt(value, ["sinks"]) === undefined ? '"sinks"' : "an entry in `sinks`";
    const hint = "where the credential is written, in this order";
    return { path, message: `${nameOf(path)} is missing ${what}`, hint };
  });
}

/** Undefined where there is no list: the schema tells of that. */
function countSinks(value: unknown): number | undefined {
  const sinks = valueAt(value, ["sinks"]);
  if (sinks === undefined) return isRecord(value) ? 0 : undefined;
  return Array.isArray(sinks) ? sinks.length : undefined;
}

/** Its values are in the memory of one process: the next one has to mint. */
function forgetful({ cache, sinks, fields }: Rotation, at: Fault["path"] | undefined): Fault | undefined {
  if (cache === true || at === undefined) return undefined;
  const needed = Object.keys(fields).filter((field) => fields[field]?.optional !== true);
  const kept = new Set(sinks.filter(isReadable).flatMap((sink) => bareFields(sink).map(([, field]) => field)));
  if (needed.every((field) => kept.has(field))) return undefined;
  const message = `${nameOf(at)} is served, and nobody keeps its values: each start of the daemon mints one more`;
  return {
    path: at,
    at: "key",
    severity: "warning",
    message,
    hint: "say `cache: true`, or give it a sink with the bare fields",
  };
}

function isReadable({ part }: SinkEntry): boolean {
  return part.read !== undefined;
}
