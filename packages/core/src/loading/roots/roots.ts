import type { LocalPlace, PartFacts } from "@rotate/plugin-kit";
import { isReference, type Source } from "@rotate/runtime";
import { join } from "node:path";
import { described } from "../compile/identity.ts";
import { isRecord } from "../fault.ts";
import type { Bound, Rotation, Spec } from "../model.ts";
import type { RootWorld } from "./world.ts";

/** A place that the spec stands on. */
export interface Root extends LocalPlace {
  /** A directory does not stand for what is in it: it was only named to a command. */
  readonly exact?: true;
  /** Ends the sentence "… writes PATH, which …". */
  readonly what: string;
  /** What to do about it. */
  readonly hint: string;
  /** The rotations that may write it all the same: it is theirs to read again. */
  readonly mayWrite?: ReadonlySet<string>;
}

/** A spec as far as it is built. */
export type RootedSpec = Pick<
  Spec,
  | "name"
  | "file"
  | "directory"
  | "stateDir"
  | "providers"
  | "rotations"
  | "lists"
  | "notify"
  | "serve"
  | "groups"
  | "monitor"
  | "audit"
  | "state"
> & {
  /** As written. */
  readonly plugins?: readonly string[];
};

/** Who may write the record of what was done: rotate, which is no rotation. */
export const ofAudit: ReadonlySet<string> = new Set([" audit"]);

const elsewhere = "let this sink write another file";

/** Everything that the spec stands on, by absolute path. References are named, not resolved. */
export function rootsOf(spec: RootedSpec, world: RootWorld): readonly Root[] {
  const roots = [
    ...ownRoots(spec, world),
    ...[...spec.providers.values()].flatMap((provider) => loginRoots(provider, world)),
    ...[...spec.notify, ...spec.serve, ...spec.groups].flatMap((part) => partRoots(part, world)),
    ...referenceRoots(spec.monitor, "monitor", world),
    ...referenceRoots(spec.state, "state", world),
    ...rotationRoots(spec.rotations, world),
    ...(spec.audit
      ? [
          {
            path: spec.audit.file,
            what: "is the record of what was done (`audit`)",
            hint: elsewhere,
            mayWrite: ofAudit,
          },
        ]
      : []),
  ];
  return roots.filter(({ path }) => path.startsWith("/"));
}

function ownRoots(spec: RootedSpec, { own }: RootWorld): readonly Root[] {
  const file = spec.file === "-" ? [] : [{ path: spec.file, what: "is this spec" }];
  const lists = spec.lists.map((path) => ({ path, what: "is a list that this spec is made of (`foreach`)" }));
  const plugins = (spec.plugins ?? []).flatMap((name) =>
    /^[./]/.test(name) ? [{ path: join(spec.directory, name), what: "is a plugin of this spec" }] : [],
  );
  const places = own(spec).map(({ path, what }) => ({ path, what: `is ${what}` }));
  return [...file, ...lists, ...plugins, ...places].map((root) => ({ ...root, hint: elsewhere }));
}

/** One spec cannot feed itself: its login would hang on its own product, and the first copy of it is gone. */
const otherSource =
  "let the provider read another file; what a rotation mints for another login belongs in a spec of its own";

function loginRoots(
  provider: Bound<PartFacts<unknown>> & { readonly name: string },
  world: RootWorld,
): readonly Root[] {
  const what = `provider "${provider.name}" reads to log in`;
  return partPlaces(provider, world).map((place) => ({ ...place, what, hint: otherSource }));
}

function referenceRoots(options: unknown, where: string, world: RootWorld): readonly Root[] {
  return sourcesIn(options)
    .flatMap((source) => sourcePlaces(source, world))
    .map((place) => ({ ...place, what: `${where} reads`, hint: elsewhere }));
}

function partRoots(part: Bound<PartFacts<unknown>>, world: RootWorld): readonly Root[] {
  return partPlaces(part, world).map((place) => ({ ...place, what: `${part.where} reads`, hint: elsewhere }));
}

/**
 * What a rotation's own request, probes and reloads read, it may write: a refresh token has to go back to where it was read, and a health probe
 * may look at what was published. A login of a sink is nobody's to write.
 */
function rotationRoots(rotations: readonly Rotation[], world: RootWorld): readonly Root[] {
  const users = usersOf(rotations);
  const ofParts = [...users].flatMap(([part, { kind, names }]) =>
    partPlaces(part, world).map((place) => ({
      ...place,
      what: `${part.where} reads`,
      hint: elsewhere,
      ...(kind === "own" && { mayWrite: names }),
    })),
  );
  const ofRequests = rotations.flatMap(({ name, request }) =>
    referenceRoots(request, `rotations.${name}.request`, world).map((root) => ({ ...root, mayWrite: new Set([name]) })),
  );
  return [...ofParts, ...ofRequests];
}

interface Users {
  readonly kind: "sink" | "own";
  readonly names: Set<string>;
}

/** Each sink, probe and reload once, with the rotations that use it: a named reload is shared by many. */
function usersOf(rotations: readonly Rotation[]): ReadonlyMap<Bound<PartFacts<unknown>>, Users> {
  const users = new Map<Bound<PartFacts<unknown>>, Users>();
  for (const { name, sinks, verify, reloads, health } of rotations) {
    for (const sink of sinks) users.set(sink, { kind: "sink", names: new Set() });
    for (const part of [...verify, ...reloads, ...health]) {
      const known = users.get(part) ?? { kind: "own", names: new Set() };
      known.names.add(name);
      users.set(part, known);
    }
  }
  return users;
}

type Place = Pick<Root, "path" | "section" | "exact">;

function partPlaces({ part, options }: Bound<PartFacts<unknown>>, world: RootWorld): readonly Place[] {
  const places = part.reads?.(described(options), world.env) ?? [];
  return [...places, ...sourcesIn(options).flatMap((source) => sourcePlaces(source, world))];
}

/** Of a command the program, and those of its arguments that can be files: it is there to read a secret, and writes none. */
export function sourcePlaces(source: Source, { env }: Pick<RootWorld, "env">): readonly Place[] {
  if ("file" in source) return [{ path: source.file }];
  if ("exec" in source) return source.exec.flatMap((word) => (/^\/./.test(word) ? [{ path: word, exact: true }] : []));
  const directory = env["CREDENTIALS_DIRECTORY"];
  return "credential" in source && directory ? [{ path: join(directory, source.credential) }] : [];
}

/** Where the references in a part of the spec lead. */
export function sourcesIn(value: unknown): readonly Source[] {
  if (isReference(value)) return [value.source];
  if (Array.isArray(value)) return value.flatMap(sourcesIn);
  return isRecord(value) ? Object.values(value).flatMap(sourcesIn) : [];
}
