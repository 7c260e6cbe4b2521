import type { Endpoint, Fields, Infer, ListeningAt } from "@rotate/plugin-kit";
import type { OptionTree } from "@rotate/runtime";
import { selects } from "../name-pattern.ts";
import { endpointKeys } from "../engine-keys.ts";
import { nameOf, type Path } from "../fault.ts";
import { fillOptions } from "../fill.ts";
import type { EndpointEntry, EndpointPlace, Rotation } from "../model.ts";
import { didYouMean } from "../nearest.ts";
import type { Compilation } from "./context.ts";
import { described, identityOf } from "./identity.ts";
import { recordAt, whereOf, withTemplates, type Located } from "./parts.ts";

/** What an endpoint may serve. */
export interface Servable {
  readonly rotations: readonly Rotation[];
  /** Of rotations that have faults of their own, or that a list holds back: nothing is said of these. */
  readonly isUnsure: (name: string) => boolean;
}

type Keys = Infer<typeof endpointKeys>;

/** An entry of `serve`; undefined when it has a fault. */
export function compileEndpoint(
  located: Located,
  servable: Servable,
  compilation: Compilation,
): EndpointEntry | undefined {
  const value = recordAt(located, compilation);
  const part = compilation.parts.get("endpoints", value?.["type"]);
  if (value === undefined || part === undefined) return undefined;
  const { path } = located;
  const rotations = servedBy(part, value["rotation"], { path: [...path, "rotation"], servable, compilation });
  const fields = part.many === true ? undefined : rotations?.[0]?.fields;
  const context = part.many === true ? compilation.fill : withTemplates({ fields, each: undefined }, compilation);
  const options = fillOptions(part.options, value, { path, context });
  const keys = fillOptions(endpointKeys, value, { path, context: compilation.fill }) as Keys;
  const listen = placeOf(keys.listen, [...path, "listen"], compilation);
  if (rotations === undefined || listen === undefined) return undefined;
  for (const rotation of rotations) refuseLacking(part, options, { rotation, path, compilation });
  refuseOpen({ part, options, keys, listen }, path, compilation);
  for (const fault of part.faults?.(described(options), bare(listen)) ?? [])
    compilation.report({ path, message: `${nameOf(path)}: ${fault}` });
  const names = rotations.map((rotation) => rotation.name);
  const { uids, drain } = keys;
  const name = String(path.at(-1));
  const id = identityOf({ type: part.type, options, names, listen, uids, drain });
  return { name, id, part, type: part.type, options, rotations: names, listen, uids, drain, where: whereOf(located) };
}

interface Asked {
  readonly path: Path;
  readonly servable: Servable;
  readonly compilation: Compilation;
}

/** Undefined when a name leads nowhere, or to more than the type can serve. */
function servedBy(part: Endpoint, asked: unknown, at: Asked): readonly Rotation[] | undefined {
  const { path, servable, compilation } = at;
  if (Array.isArray(asked) && part.many !== true) {
    const hint = "name one rotation; another entry serves another one";
    compilation.report({ path, message: `${nameOf(path)}: ${part.type} serves one rotation`, hint });
    return undefined;
  }
  const patterns = (Array.isArray(asked) ? asked : [asked]) as readonly string[];
  const found = patterns.map((pattern) => matching(pattern, part, at));
  if (found.some((some) => some === undefined)) return undefined;
  return servable.rotations.filter((rotation) => found.some((some) => some?.includes(rotation)));
}

function matching(pattern: string, { many }: Endpoint, { path, servable, compilation }: Asked) {
  const { rotations, isUnsure } = servable;
  const found = rotations.filter(({ name }) => (many === true ? selects(pattern, name) : pattern === name));
  if (found.length > 0 || isUnsure(pattern)) return found;
  const hint = didYouMean(
    pattern,
    rotations.map(({ name }) => name),
  );
  compilation.report({ path, message: `there is no rotation ${JSON.stringify(pattern)}`, hint });
  return undefined;
}

function refuseLacking(
  part: Endpoint,
  options: OptionTree,
  {
    rotation,
    path,
    compilation,
  }: { readonly rotation: Rotation; readonly path: Path; readonly compilation: Compilation },
): void {
  const fields: Fields = rotation.fields;
  const lacking = (part.needs?.(described(options)) ?? []).filter((field) => !Object.hasOwn(fields, field));
  if (lacking.length === 0) return;
  const message = `${part.type} needs the field ${lacking.join(", ")}, which the credential of ${rotation.name} has not`;
  compilation.report({ path: [...path, "rotation"], message, hint: `it has ${Object.keys(fields).join(", ")}` });
}

/** Longest path of a socket that every system can connect to, with room for the name under which it is made (unix(7): 108 with its end). */
const longestSocket = 100;

function placeOf(listen: Keys["listen"], path: Path, { report }: Compilation): EndpointPlace | undefined {
  const { socket, mode = "0600", owner, group, port, host = "127.0.0.1" } = listen ?? {};
  if ((socket === undefined) === (port === undefined)) {
    report({ path, message: `${nameOf(path)} needs one of \`socket\` and \`port\`` });
    return undefined;
  }
  if (socket === undefined) return port === undefined ? undefined : { host, port };
  if (Buffer.byteLength(socket) > longestSocket)
    report({
      path: [...path, "socket"],
      message: `${nameOf(path)}: the path of a socket has at most ${longestSocket} bytes`,
    });
  return { socket, mode, ...(owner !== undefined && { owner }), ...(group !== undefined && { group }) };
}

/** The address without who may use it. */
export function bare(place: EndpointPlace): ListeningAt {
  return "socket" in place ? { socket: place.socket } : { host: place.host, port: place.port };
}

interface Opened {
  readonly part: Endpoint;
  readonly options: OptionTree;
  readonly keys: Keys;
  readonly listen: EndpointPlace;
}

/** Never open to every user of the machine unless somebody says so. */
function refuseOpen({ part, options, keys, listen }: Opened, path: Path, { report }: Compilation): void {
  const { uids, access } = keys;
  if ("socket" in listen) {
    if (uids !== undefined || access !== undefined)
      report({
        path,
        message: `${nameOf(path)}: \`uids\` and \`access\` are of ports`,
        hint: "say who may use the socket by `mode` and `group`",
      });
    return;
  }
  if (uids !== undefined || access !== undefined || part.authenticates?.(described(options)) === true) return;
  report({
    path,
    message: `${nameOf(path)} would answer every user of this machine`,
    hint: "name those who may ask in `uids`, give it a secret, listen on a socket, or say `access: any-local-user`",
  });
}
