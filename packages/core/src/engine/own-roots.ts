import { RotateError, type PartFacts } from "@rotate/plugin-kit";
import { isReference, type Runtime } from "@rotate/runtime";
import { described } from "../loading/compile/identity.ts";
import type { Bound, Rotation, Spec } from "../loading/model.ts";
import { partsOf } from "../loading/parts-of.ts";
import { findEndangered } from "../loading/roots/endangered.ts";
import { sourcePlaces, sourcesIn } from "../loading/roots/roots.ts";
import { callPart, timeLimits } from "../rotation/invoke.ts";

type Facts = Bound<PartFacts<unknown>>;

/** The check of a rotation, by a runtime that may refuse to run commands; undefined where everything is known. */
export type OwnRootsCheck = (rotation: Rotation, runtime: Runtime) => (() => Promise<void>) | undefined;

/**
 * What could not be seen when the spec was loaded: places behind references, and those that the files of a login point to in turn. Throws INVALID when a sink of the
 * rotation would write one that the rotation stands on.
 */
export function ownRootsOver(spec: Spec, place: string): OwnRootsCheck {
  return (rotation, runtime) => {
    return partsOf(rotation).some(isOpen)
      ? async () => refuse(spec, await closedRotation(rotation, runtime), { env: runtime.env, place })
      : undefined;
  };
}

async function closedRotation(rotation: Rotation, runtime: Runtime): Promise<Rotation> {
  function all<E extends Facts>(entries: readonly E[]): Promise<readonly E[]> {
    return Promise.all(entries.map((entry) => closed(entry, runtime)));
  }
  const sinks = await all(rotation.sinks);
  return {
    ...rotation,
    provider: await closed(rotation.provider, runtime),
    verify: await all(rotation.verify),
    reloads: await all(rotation.reloads),
    health: await all(rotation.health),
    sinks: sinks.map((sink) => ({ ...sink, target: sink.part.target(described(sink.options)) })),
  };
}

function refuse(
  spec: Spec,
  rotation: Rotation,
  { env, place }: Pick<Runtime, "env"> & { readonly place: string },
): void {
  const providers = new Map([...spec.providers, [rotation.provider.name, rotation.provider]]);
  const world = { env, own: () => [{ path: place, what: "rotate's own state" }] };
  const [found] = findEndangered({ ...spec, providers, rotations: [rotation] }, world);
  if (found === undefined) return;
  const { path, root } = found;
  const section = root.section === undefined ? "" : ` [${root.section}]`;
  const message = `${path}${section} would be written, which ${root.what}`;
  throw new RotateError(message, { code: "INVALID", retryable: false, noEffect: true, hint: root.hint });
}

/** Was there something that nobody could know without reading? */
function isOpen({ part, options }: Facts): boolean {
  return part.follows !== undefined || holdsReference(options);
}

function holdsReference(value: unknown): boolean {
  if (isReference(value)) return !value.secret;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsReference);
}

/** The entry with its references read, and with what its files point to among what it reads. */
async function closed<E extends Facts>(entry: E, runtime: Runtime): Promise<E> {
  if (!isOpen(entry)) return entry;
  const { part } = entry;
  const bound = { ...entry, kind: "files of" };
  const { options, places } = await callPart({ runtime, bound }, { timeout: timeLimits.check }, async (ctx) => ({
    options: ctx.options as Facts["options"],
    places: (await part.follows?.(ctx)) ?? [],
  }));
  const references = sourcesIn(entry.options).flatMap((source) => sourcePlaces(source, runtime));
  const reads: PartFacts<unknown>["reads"] = (given, env) => [
    ...(part.reads?.(given, env) ?? []),
    ...references,
    ...places,
  ];
  return { ...entry, options, part: { ...part, reads } };
}
