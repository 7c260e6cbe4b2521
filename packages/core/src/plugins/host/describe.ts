/** What a plugin says of itself, as data: the engine works by it without starting anything. */
import type { Plugin } from "@rotate/plugin-kit";
import type { Frame } from "./channel.ts";
import { builtInKinds, partRules, programKinds, type ProgramKind } from "../describe.ts";
import { isRecord } from "./wire.ts";
import { wordsOfReads, wordsOfTarget } from "./words.ts";

type Part = Readonly<Record<string, unknown>>;

/** Verbs whose methods have another name in the kit. */
const methods: Readonly<Record<string, string>> = { reload: "run", probe: "run", notify: "send" };

/** Throws an Error for what cannot be told as data. */
export function describePlugin(plugin: Plugin): Frame {
  const own = builtInKinds.find((kind) => plugin[kind].length > 0);
  if (own !== undefined) throw new Error(`it has ${own}, which only built-in plugins can have`);
  const lists = programKinds.flatMap((kind) => {
    if (plugin[kind].length === 0) return [];
    return [[kind, (plugin[kind] as unknown as readonly Part[]).map((part) => describePart(kind, part))] as const];
  });
  return { protocol: 1, concurrent: true, ...Object.fromEntries(lists) };
}

function describePart(kind: ProgramKind, part: Part): Frame {
  if (kind === "sinks" && isRecord(part["fileSink"])) return describeFileSink(part, part["fileSink"]);
  const { must, may, keys } = partRules[kind];
  const verbs = [must, ...may].filter((verb) => typeof part[methods[verb] ?? verb] === "function");
  const { type, options, scope } = part;
  return {
    type,
    options,
    verbs: kind === "sinks" ? [...verbs, "commit", "undo"] : verbs,
    ...(typeof scope === "string" && { scope }),
    ...(typeof part["reads"] === "function" && { reads: wordsOfReads(part as never) }),
    ...Object.fromEntries(Object.keys(keys).flatMap((key) => (part[key] === undefined ? [] : [[key, part[key]]]))),
    ...(kind === "providers" && { fields: fieldsOf(part) }),
    ...(kind === "sinks" && { target: wordsOfTarget(part as never) }),
    ...(kind === "reloads" && { adopts: adoptsOf(part) }),
  };
}

/** Our writer is the engine's: the part only edits. */
function describeFileSink({ type, keys, scope }: Part, { options, read }: Frame): Frame {
  const verbs = ["edit", ...(typeof read === "function" ? ["read"] : [])];
  return { type, options, verbs, file: "{path}", keys, ...(typeof scope === "string" && { scope }) };
}

function fieldsOf({ type, fields, request }: Part): unknown {
  if (typeof fields !== "function") return fields;
  if (request === undefined) return (fields as (request: object) => unknown)({});
  throw new Error(`the \`fields\` of its provider ${String(type)} depend on the request: say them as an object`);
}

/** Whatever the options are. */
function adoptsOf({ type, adopts }: Part): unknown {
  const untold = new Proxy(
    {},
    {
      get: () => {
        throw new Error(`the \`adopts\` of its reload ${String(type)} depends on the options: say true or false`);
      },
    },
  );
  return (adopts as (options: object) => unknown)(untold);
}
