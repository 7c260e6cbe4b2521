/** Protocol 1 as JSON Schemas (2020-12): every frame that either side may write. Published; tests hold it against the engine's own checks, in both directions. */
import { errorCodes } from "@rotate/plugin-kit";
import { partRules, programKinds, type ProgramKind } from "./describe.ts";
import { instantPattern } from "./login-frames.ts";

type Schema = Readonly<Record<string, unknown>>;

/** What a call asks for, beside `id`, `call`, `part` and `options`, and what its answer holds under `ok`. */
interface Verb {
  readonly body: Readonly<Record<string, Schema>>;
  /** Keys of `body` that are always there. */
  readonly always?: readonly string[];
  readonly ok: Schema;
}

const nothing: Schema = { type: "null" };
const anything: Schema = {};
const text: Schema = { type: "string" };
const someText: Schema = { type: "string", minLength: 1 };
const flag: Schema = { type: "boolean" };
const base64: Schema = { type: "string", contentEncoding: "base64" };
const texts: Schema = { type: "object", additionalProperties: text };
const keys: Schema = { type: "array", items: text };
const length: Schema = { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER };

function ref(name: string): Schema {
  return { $ref: `#/$defs/${name}` };
}

function closed(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return { type: "object", properties, required, additionalProperties: false };
}

/** What the program's part answered at its own `login`. */
const login = { login: { type: "object" } };
const terms = {
  expires: ref("expires"),
  renewable: flag,
  diesWithLogin: flag,
  period: { type: "number" },
  handle: anything,
};
const lease = { lease: ref("lease") };

/** By kind and verb. */
const verbs: Readonly<Record<ProgramKind, Readonly<Record<string, Verb>>>> = {
  providers: {
    login: { body: {}, ok: ref("login") },
    keepAlive: { body: login, ok: ref("login") },
    check: { body: { ...login, request: { type: "object" } }, ok: nothing },
    mint: {
      body: { ...login, request: { type: "object" }, leaseId: someText },
      always: ["request", "leaseId"],
      ok: closed({ fields: texts, ...terms }, ["fields", "expires"]),
    },
    renew: { body: { ...login, ...lease }, always: ["lease"], ok: ref("terms") },
    find: { body: { ...login, leaseId: someText }, always: ["leaseId"], ok: { anyOf: [nothing, ref("terms")] } },
    lives: { body: { ...login, ...lease }, always: ["lease"], ok: { type: ["boolean", "null"] } },
    revoke: { body: { ...login, ...lease }, always: ["lease"], ok: nothing },
    revokeValue: { body: { ...login, fields: texts }, always: ["fields"], ok: nothing },
    follows: { body: {}, ok: ref("paths") },
  },
  sinks: {
    login: { body: {}, ok: ref("login") },
    keepAlive: { body: login, ok: ref("login") },
    check: { body: { ...login, ours: flag, keys, every: { type: "number" } }, always: ["ours"], ok: nothing },
    read: { body: { ...login, keys, content: base64 }, always: ["keys"], ok: texts },
    edit: {
      body: { before: { anyOf: [nothing, base64] }, values: texts },
      always: ["before", "values"],
      ok: closed({ after: base64 }, ["after"]),
    },
    prepare: {
      body: { ...login, values: texts, ours: flag, mark: someText },
      always: ["values", "ours"],
      ok: closed({ changed: flag, undo: flag, state: anything }, ["changed"]),
    },
    commit: { body: { ...login, state: anything }, always: ["state"], ok: nothing },
    undo: { body: { ...login, state: anything, begun: flag }, always: ["state", "begun"], ok: nothing },
    fence: { body: login, ok: nothing },
    follows: { body: {}, ok: ref("paths") },
  },
  reloads: {
    reload: { body: { event: ref("event") }, always: ["event"], ok: nothing },
    check: { body: {}, ok: nothing },
    follows: { body: {}, ok: ref("paths") },
  },
  probes: { probe: { body: {}, ok: nothing }, follows: { body: {}, ok: ref("paths") } },
  notifiers: {
    notify: { body: { alarm: { type: "object" } }, always: ["alarm"], ok: nothing },
    check: { body: {}, ok: nothing },
    follows: { body: {}, ok: ref("paths") },
  },
};

const shared: Readonly<Record<string, Schema>> = {
  id: { type: "integer", minimum: 1, description: "of a call; an answer repeats it" },
  expires: {
    description: "the end of a life: an instant, so many milliseconds from the call on, or never",
    anyOf: [{ const: "never" }, closed({ in: { type: "number", exclusiveMinimum: 0 } }, ["in"]), ref("instant")],
  },
  instant: { type: "string", pattern: instantPattern, description: "RFC 3339" },
  terms: closed(terms, ["expires"]),
  login: { type: "object", properties: { expires: ref("expires") } },
  paths: { type: "array", items: { type: "string", pattern: "^/[^\\0]*$" } },
  lease: closed(
    {
      id: someText,
      issuedAt: ref("instant"),
      expiresAt: { anyOf: [{ const: "never" }, ref("instant")] },
      handle: anything,
    },
    ["id", "issuedAt", "expiresAt"],
  ),
  event: {
    type: "object",
    properties: {
      rotation: someText,
      reason: someText,
      fingerprint: text,
      expiresAt: { anyOf: [{ const: "never" }, ref("instant")] },
      written: {
        type: "array",
        items: { type: "object", properties: { type: text, target: text, keys }, required: ["type", "target", "keys"] },
      },
    },
    required: ["rotation", "reason", "fingerprint", "expiresAt", "written"],
  },
  error: closed(
    {
      code: { enum: errorCodes },
      message: text,
      retryable: flag,
      hint: text,
      retryAfter: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: "milliseconds" },
      noEffect: { ...flag, description: "true: it is certain that nothing was done" },
      person: { ...flag, description: "true: only a person can help" },
    },
    ["code", "message", "retryable"],
  ),
  field: closed(
    { secret: flag, description: someText, example: someText, multiline: { const: true }, optional: { const: true } },
    ["secret", "description"],
  ),
};

/** Of a part's description; the keys of each kind stand in `partRules`. */
const partKeys: Readonly<Record<string, Schema>> = {
  type: someText,
  options: { type: "object" },
  scope: { enum: ["host", "anywhere"] },
  reads: { type: "array", items: { type: "string", pattern: "^(/|~/|\\{)" } },
  fields: { type: "object", minProperties: 1, additionalProperties: ref("field") },
  request: { type: "object" },
  handle: { type: "object" },
  overlap: { const: false },
  ghosts: { const: false },
  maxLife: length,
  target: someText,
  file: { const: "{path}" },
  keys: closed({ pattern: someText, description: someText }, ["pattern", "description"]),
  lateWrites: length,
  adopts: flag,
};

function partSchema(kind: ProgramKind | "fileSinks"): Schema {
  const { must, may, keys: own } = partRules[kind];
  const names = ["type", "options", "scope", "reads", ...Object.keys(own).map((name) => name.replace("!", ""))];
  const needed = Object.keys(own).filter((name) => name.endsWith("!"));
  const musts = kind === "sinks" ? [must, "commit"] : [must];
  const properties = Object.fromEntries(names.map((name) => [name, partKeys[name] ?? anything]));
  const has = {
    type: "array",
    items: { enum: [must, ...may] },
    allOf: musts.map((verb) => ({ contains: { const: verb } })),
  };
  return closed({ ...properties, verbs: has }, [
    "type",
    "options",
    "verbs",
    ...needed.map((name) => name.replace("!", "")),
  ]);
}

function schemaOf(kind: ProgramKind): Schema {
  return kind === "sinks" ? { oneOf: [partSchema(kind), partSchema("fileSinks")] } : partSchema(kind);
}

function description(): Schema {
  const lists = Object.fromEntries(programKinds.map((kind) => [kind, { type: "array", items: ref(`part-${kind}`) }]));
  const yes = { const: true };
  return {
    ...closed({ protocol: { const: 1 }, concurrent: yes, oneShot: yes, ...lists }, ["protocol"]),
    not: { required: ["concurrent", "oneShot"] },
    anyOf: programKinds.map((kind) => ({ properties: { [kind]: { minItems: 1 } }, required: [kind] })),
  };
}

/** The name of the schema of a call or of its answer: `call-providers-mint`. */
export function frameName(what: "call" | "answer", kind: string, verb: string): string {
  return `${what}-${kind}-${verb}`;
}

function callSchema(kind: ProgramKind, verb: string, { body, always = [] }: Verb): Schema {
  return {
    ...closed(
      {
        id: ref("id"),
        call: { const: verb },
        part: { type: "string", pattern: `^${kind}/` },
        options: { type: "object" },
        ...body,
      },
      ["id", "call", "part", "options", ...always],
    ),
    // A program ignores what it does not know.
    additionalProperties: true,
  };
}

function answerSchema(ok: Schema): Schema {
  return {
    oneOf: [
      closed({ id: ref("id"), ok }, ["id", "ok"]),
      closed({ id: ref("id"), error: ref("error") }, ["id", "error"]),
    ],
  };
}

function framesOf(kind: ProgramKind): readonly (readonly [string, Schema])[] {
  return Object.entries(verbs[kind]).flatMap(([name, verb]) => [
    [frameName("call", kind, name), callSchema(kind, name, verb)] as const,
    [frameName("answer", kind, name), answerSchema(verb.ok)] as const,
  ]);
}

const describe: Readonly<Record<string, Schema>> = {
  "call-describe": {
    ...closed(
      {
        id: ref("id"),
        call: { const: "describe" },
        protocols: { type: "array", items: { type: "integer" }, contains: { const: 1 } },
      },
      ["id", "call", "protocols"],
    ),
    additionalProperties: true,
  },
  "answer-describe": answerSchema(ref("description")),
  cancel: closed({ cancel: ref("id") }, ["cancel"]),
};

/** Every frame of protocol 1. The whole accepts what either side may write; `$defs` holds the schema of each call and of its answer. */
export function protocolSchema(): Schema {
  const frames = { ...describe, ...Object.fromEntries(programKinds.flatMap(framesOf)) };
  const parts = Object.fromEntries(programKinds.map((kind) => [`part-${kind}`, schemaOf(kind)]));
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "urn:rotate:plugin-protocol:v1",
    title: "rotate plugin protocol 1",
    description:
      "Frames between rotate and a plugin that is a program: UTF-8, a JSON object a line. What they mean stands in docs/plugin-protocol.md.",
    anyOf: Object.keys(frames).map(ref),
    $defs: { ...shared, ...parts, description: description(), ...frames },
  };
}

/** The text of its file. */
export function protocolSchemaText(): string {
  return `${JSON.stringify(protocolSchema(), undefined, 2)}\n`;
}
