/** What binds a rotation to the machine that it runs on. */
import type { PartFacts, PartScope } from "@rotate/plugin-kit";
import type { OptionTree } from "@rotate/runtime";
import { isRecord } from "./fault.ts";
import { described } from "./compile/identity.ts";
import type { Bound, Rotation } from "./model.ts";
import { partsOf } from "./parts-of.ts";

type Moving = Pick<
  Rotation,
  "provider" | "request" | "sinks" | "verify" | "reloads" | "health" | "cache" | "moves" | "host"
>;

/** Why no other machine may take the rotation over; empty when one may. */
export function pinnedBy(rotation: Moving): readonly string[] {
  const { provider, sinks, cache, moves, host } = rotation;
  if (host !== undefined) return [`\`host: ${host}\``];
  if (moves !== undefined) return moves ? [] : ["`moves: false`"];
  return [
    ...partsOf(rotation).flatMap(whyHere),
    ...(cache === true ? ["`cache: true` keeps its values on this machine"] : []),
    ...(provider.part.overlap === false
      ? sinks
          .filter(({ part }) => part.fence === undefined || part.lateWrites !== undefined)
          .map(({ where }) => `${where} cannot always rule out a late write, and a mint ends the credential before it`)
      : []),
  ];
}

function whyHere({ part, options, type, where }: Bound<Pick<PartFacts<unknown>, "scope">>): readonly string[] {
  if (scopeOf(part, options) === "host") return [`${where} (${type}) works on this machine`];
  const address = localAddress(described(options));
  return address === undefined ? [] : [`${where} (${type}) is at ${address}, which is another place on each machine`];
}

function scopeOf({ scope = "host" }: Pick<PartFacts<unknown>, "scope">, options: OptionTree): PartScope {
  return typeof scope === "function" ? scope(described(options)) : scope;
}

/** The first loopback address that stands in options. */
function localAddress(value: unknown): string | undefined {
  if (typeof value === "string") return isLoopback(value) ? value : undefined;
  const inner = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : [];
  for (const each of inner) {
    const found = localAddress(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isLoopback(text: string): boolean {
  const hosts = [text.replace(/:\d+$/, ""), ...(URL.canParse(text) ? [new URL(text).hostname] : [])];
  return hosts.some((host) => /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/.test(host));
}
