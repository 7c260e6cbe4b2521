import { isRotateError, type Fields, type Infer, type ObjectSchema } from "@rotate/plugin-kit";
import type { OptionTree, Template } from "@rotate/runtime";
import { isRecord, nameOf, valueAt, type Path } from "../fault.ts";
import { fillOptions } from "../fill.ts";
import type { ProviderEntry, Rotation } from "../model.ts";
import { didYouMean } from "../nearest.ts";
import { checkFields } from "../plugin-check.ts";
import { rotationSettings } from "../settings.ts";
import type { Nameable } from "./bind-template.ts";
import type { Compilation } from "./context.ts";
import type { RawRotation } from "./foreach.ts";
import { described, identityOf } from "./identity.ts";
import { compileProbe, compileReload, compileSink, noCredential, refuseStrayTemplates, type Located } from "./parts.ts";
import { checkRefresh, compileRefresh, cronsOf, lifeOfCron, type WrittenCron, type WrittenRefresh } from "./refresh.ts";
import type { Writes } from "./writers.ts";

/** What all rotations of a spec share. */
export interface Shared {
  /** By name; undefined for an entry with a fault. */
  readonly providers: ReadonlyMap<string, ProviderEntry | undefined>;
  readonly reloads: ReadonlyMap<string, CompiledReload | undefined>;
  readonly defaults: { readonly refresh: WrittenRefresh; readonly retry: Partial<Rotation["retry"]> };
}

type CompiledReload = NonNullable<ReturnType<typeof compileReload>>;

/** A rotation as far as its faults let it be built. */
export interface CompiledRotation {
  readonly rotation: Rotation | undefined;
  readonly writes: Writes;
  readonly crons: readonly WrittenCron[];
}

type Settings = Infer<typeof rotationSettings>;
interface Asked {
  readonly request: OptionTree;
  readonly ttl: number | undefined;
  readonly fields: Fields | undefined;
}

/** Builds a rotation, and reports what the schema cannot see: names that lead nowhere, templates that name no field, times that cannot work. */
export function compileRotation(raw: RawRotation, shared: Shared, compilation: Compilation): CompiledRotation {
  const value = isRecord(raw.value) ? raw.value : {};
  const settings = settingsOf(value, raw, compilation);
  const provider = providerOf(value["provider"], raw, { shared, compilation });
  const asked = askedOf(value["request"], raw, { provider, compilation });
  const names: Nameable = { fields: asked?.fields, each: raw.each };
  const sinks = listOf(raw, "sinks").flatMap((located) => compileSink(located, names, compilation) ?? []);
  const verify = listOf(raw, "verify").flatMap(
    (located) => compileProbe({ ...located, in: "verify" }, names, compilation) ?? [],
  );
  const health = listOf(raw, "health").flatMap(
    (located) => compileProbe({ ...located, in: "health" }, names, compilation) ?? [],
  );
  const reloads = listOf(raw, "reload").flatMap((located) => reloadOf(located, names, { shared, compilation }) ?? []);
  const writes = { rotation: raw.name, path: raw.path, provider, sinks };
  const own = { value: settings.refresh ?? {}, path: [...raw.path, "refresh"] };
  for (const fault of checkRefresh(own)) compilation.report(fault);
  const crons = cronsOf(own);
  if (provider === undefined || asked?.fields === undefined) return { rotation: undefined, writes, crons };
  const refresh = compileRefresh(own, shared.defaults.refresh, asked.ttl);
  for (const fault of refresh.faults) compilation.report(fault);
  const known = { ...asked, fields: asked.fields, provider, sinks: sinks.map(({ entry }) => entry) };
  const rotation = {
    name: raw.name,
    family: raw.each === undefined ? undefined : String(raw.path[1]),
    ...known,
    verify,
    reloads,
    health,
    refresh: refresh.policy,
    ...policiesOf(settings, reloads, shared),
    hash: hashOf(known),
  };
  const life = lifeOfCron(refresh.policy, asked.ttl);
  return { rotation, writes, crons: life === undefined ? crons : crons.map((cron) => withLife(cron, life)) };
}

/** Windows are preferred times only: what they cannot keep is kept without them. */
function withLife(cron: WrittenCron, life: number): WrittenCron {
  return cron.path.includes("windows") ? cron : { ...cron, life };
}

/** The rotation's settings that are not about plugins, without those that have a fault. */
function settingsOf(value: OptionTree, { path }: RawRotation, { fill, isSound }: Compilation): Settings {
  const sound = Object.entries(value).filter(([key]) => isSound([...path, key]));
  return fillOptions(rotationSettings, Object.fromEntries(sound), { path, context: fill }) as unknown as Settings;
}

function listOf({ value, path, shownPath }: RawRotation, key: string): readonly Located[] {
  const list = valueAt(value, [key]);
  if (!Array.isArray(list)) return [];
  return list.map((item: unknown, index) => ({
    value: item,
    path: [...path, key, index],
    shownPath: [...shownPath, key, index],
  }));
}

function providerOf(name: unknown, { path }: RawRotation, { shared, compilation }: Around): ProviderEntry | undefined {
  if (typeof name !== "string") return undefined;
  if (!shared.providers.has(name)) {
    const hint = didYouMean(name, [...shared.providers.keys()]);
    compilation.report({ path: [...path, "provider"], message: `there is no provider ${JSON.stringify(name)}`, hint });
  }
  return shared.providers.get(name);
}

interface Around {
  readonly shared: Shared;
  readonly compilation: Compilation;
}

function reloadOf(located: Located, names: Nameable, { shared, compilation }: Around): CompiledReload | undefined {
  const reload = reloadAt(located, shared, compilation);
  if (reload === undefined) return undefined;
  const place = reload.name === undefined ? located : { value: located.value, path: ["reloads", reload.name] };
  refuseStrayTemplates(reload.options, names, { located: place, compilation, hint: noCredential });
  return reload;
}

function reloadAt(located: Located, { reloads }: Shared, compilation: Compilation): CompiledReload | undefined {
  if (typeof located.value !== "string") return compileReload(undefined, located, compilation);
  if (!reloads.has(located.value)) {
    const hint =
      reloads.size === 0
        ? "name it under `reloads:`, or write the reload here"
        : didYouMean(located.value, [...reloads.keys()]);
    compilation.report({ path: located.path, message: `there is no reload ${JSON.stringify(located.value)}`, hint });
  }
  return reloads.get(located.value);
}

/** The request, and the fields that the credential will have; undefined when the request has a fault. */
function askedOf(
  value: unknown,
  raw: RawRotation,
  { provider, compilation }: { readonly provider: ProviderEntry | undefined; readonly compilation: Compilation },
): Asked | undefined {
  const path = [...raw.path, "request"];
  if (provider === undefined || !compilation.isSound(path)) return undefined;
  const schema: ObjectSchema = provider.part.request ?? { type: "object" };
  const request = fillOptions(schema, value, { path, context: compilation.fill });
  const ttl = typeof request["ttl"] === "number" ? request["ttl"] : undefined;
  const fields = fieldsOf(provider, request, { path, compilation });
  refuseStrayTemplates(request, { fields, each: raw.each }, { located: { value, path }, compilation });
  return { request, ttl, fields };
}

function fieldsOf(
  { part }: ProviderEntry,
  request: OptionTree,
  { path, compilation }: { readonly path: Path; readonly compilation: Compilation },
): Fields | undefined {
  if (typeof part.fields !== "function") return part.fields;
  try {
    const fields = part.fields(described(request));
    checkFields(part.type, Object.keys(fields));
    return fields;
  } catch (error) {
    const fault = isRotateError(error)
      ? { message: `${nameOf(path)}: ${error.message}`, hint: error.hint }
      : { message: `${nameOf(path)} does not say which fields the credential has`, hint: "a fault of the plugin" };
    compilation.report({ path, ...fault });
    return undefined;
  }
}

function policiesOf(settings: Settings, reloads: readonly CompiledReload[], { defaults }: Shared) {
  const { overlap, budget, drift, maxLive, cache, moves, host, runsOn, renamedFrom } = settings;
  return {
    retry: { initial: 1000, max: 300_000, ...defaults.retry, ...settings.retry },
    onFailure: settings.onFailure ?? (reloads.some(({ onFailure }) => onFailure === "rollback") ? "rollback" : "keep"),
    drift,
    overlap: { revoke: overlap?.revoke ?? "adopted", grace: overlap?.grace ?? 300_000, deadline: overlap?.deadline },
    budget: { perMinute: budget?.perMinute ?? 5, perHour: budget?.perHour ?? 30 },
    maxLive,
    cache,
    ...(moves !== undefined && { moves }),
    ...(host !== undefined && { host }),
    ...(runsOn !== undefined && { runsOn }),
    renamedFrom,
  } as const;
}

/** What makes a rotation due when it changes: not its probes, reloads or policies, which need no new credential. */
function hashOf({ provider, request, sinks }: Pick<Rotation, "provider" | "request" | "sinks">): string {
  return identityOf({
    provider: { type: provider.type, options: provider.options },
    request,
    sinks: sinks.map(({ type, options, values }) => ({ type, options, values: sourcesOf(values) })),
  });
}

function sourcesOf(values: Readonly<Record<string, Template>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([key, { source }]) => [key, source]));
}
