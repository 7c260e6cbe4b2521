import { randomUUID } from "node:crypto";
import type { Manager } from "./fields.ts";
import { encodeManagers } from "./fields.ts";
import type { Json, ObjectKey } from "./types.ts";

/** An object with who owns its fields. `body` holds no managedFields, and its metadata all else. */
export interface Stored {
  readonly key: ObjectKey;
  readonly body: Json & { readonly metadata: Json };
  readonly managers: readonly Manager[];
  /** When it was last written, milliseconds since 1970. */
  readonly at: number;
}

/** Objects as etcd keeps them: every write raises one version that all of them share. */
export interface Store {
  readonly get: (key: ObjectKey) => Stored | undefined;
  readonly list: (resource: string, namespace: string) => readonly Stored[];
  /** Writes, with a new resourceVersion. */
  readonly put: (stored: Omit<Stored, "at">) => Stored;
  readonly remove: (key: ObjectKey) => void;
  readonly version: () => string;
}

function idOf({ resource, namespace, name }: ObjectKey): string {
  return JSON.stringify([resource, namespace, name]);
}

/** Objects with the versions that the storage gives them. A resourceVersion is opaque: these are no small numbers. */
export function createStore(now: () => number): Store {
  const objects = new Map<string, Stored>();
  let version = 884_211;
  function put({ key, body, managers }: Omit<Stored, "at">): Stored {
    version += 1 + (version % 3);
    const metadata = { ...body.metadata, resourceVersion: String(version) };
    const stored = { key, body: { ...body, metadata }, managers, at: now() };
    objects.set(idOf(key), stored);
    return stored;
  }
  return {
    get: (key) => objects.get(idOf(key)),
    list: (resource, namespace) =>
      [...objects.values()].filter(({ key }) => key.resource === resource && key.namespace === namespace),
    put,
    remove: (key) => void objects.delete(idOf(key)),
    version: () => String(version),
  };
}

/** The metadata that the server gives a new object. */
export function freshMetadata({ namespace, name }: ObjectKey, now: number): Json {
  const creationTimestamp = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  return { name, ...(namespace !== "" && { namespace }), uid: randomUUID(), creationTimestamp };
}

/** As it is sent. */
export function shownObject({ body, managers, at }: Stored): Json {
  const time = new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
  const managedFields = encodeManagers(managers, String(body["apiVersion"]), time);
  return { ...body, metadata: { ...body.metadata, ...(managedFields.length > 0 && { managedFields }) } };
}
