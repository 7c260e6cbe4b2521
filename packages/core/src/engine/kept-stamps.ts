import type { SinkStamp } from "../backend/host-notes.ts";
import type { Rotation } from "../loading/model.ts";
import type { RotationDeps } from "../rotation/session.ts";

/** Takes over how the sinks stood at the last run. Gives what keeps, at the end of this one, how those stood that were read. */
export async function recallStamps(rotations: readonly Rotation[], deps: RotationDeps): Promise<() => Promise<void>> {
  const { stamps, host, clock } = deps;
  if (stamps === undefined || host.sinkStamps === undefined) return async () => {};
  const { bootId } = clock.note();
  const sinks = rotations.flatMap(({ name, sinks: all }) => all.map((sink) => [name, sink] as const));
  const known = new Map<string, SinkStamp>();
  for (const one of await host.sinkStamps.recall(bootId)) known.set(keyOf(one.rotation, one.sink), one);
  for (const [name, sink] of sinks) {
    const one = known.get(keyOf(name, sink.id));
    if (one !== undefined) stamps.set(sink, one);
  }

  return async () => {
    const read = sinks.flatMap(([name, sink]): readonly SinkStamp[] => {
      const seen = stamps.get(sink);
      const before = known.get(keyOf(name, sink.id));
      if (seen === undefined || seen === before) return [];
      return [{ rotation: name, sink: sink.id, stamp: seen.stamp, holding: seen.holding }];
    });
    if (read.length > 0) await host.sinkStamps!.keep(bootId, read);
  };
}

function keyOf(rotation: string, sink: string): string {
  return `${rotation} ${sink}`;
}
