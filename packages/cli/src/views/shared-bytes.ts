/** Bytes of a thing, made once for all who are sent them at a time. They are let go when nobody is. */
export function createSharedBytes<Thing extends object>(
  textOf: (thing: Thing) => string,
): (thing: Thing) => Uint8Array {
  const known = new WeakMap<Thing, WeakRef<Uint8Array>>();
  return function bytesOf(thing) {
    const held = known.get(thing)?.deref();
    if (held !== undefined) return held;
    const made = Buffer.from(textOf(thing));
    known.set(thing, new WeakRef(made));
    return made;
  };
}
