/** The engine's own settings in a spec, in the words of the plugins' option schemas: checked, filled and explained by the same code. */
import type { ObjectSchema } from "@rotate/plugin-kit";
import { percentagePattern } from "@rotate/runtime";
import { namePattern, nameRule } from "./names.ts";

const cron = {
  type: "string",
  minLength: 1,
  maxLength: 256,
  description: "five or six fields: [second] minute hour day month weekday",
} as const;
const timezone = {
  type: "string",
  description: "an IANA time zone, such as Europe/Berlin; else that of the host",
} as const;

/** `refresh`: at most one of `at`, `before`, `every` and `cron`. */
export const refreshSettings = {
  type: "object",
  description:
    "when the credential is replaced; default: after 2/3 of its life, or half when it lives under ten minutes",
  properties: {
    at: { type: "string", pattern: percentagePattern, description: "after this share of its life, such as 66%" },
    before: { type: "string", format: "duration", min: "1s", description: "this long before it expires" },
    every: { type: "string", format: "duration", min: "1s", description: "this long after it was minted" },
    cron,
    timezone,
    jitter: {
      type: "string",
      pattern: percentagePattern,
      description: "spread over this share of its life, up to 50%",
    },
    margin: {
      type: "string",
      format: "duration",
      min: "1s",
      description: "how long before expiry it must be replaced at the latest",
    },
    windows: {
      type: "array",
      description: "preferred times; never at the price of expiry",
      items: {
        type: "object",
        properties: {
          cron,
          timezone,
          duration: { type: "string", format: "duration", min: "1m", description: "how long it is open" },
        },
        required: ["cron", "duration"],
      },
    },
  },
} as const satisfies ObjectSchema;

const retrySettings = {
  type: "object",
  description: "the wait between failed attempts",
  properties: {
    initial: { type: "string", format: "duration", min: "10ms", description: "after the first failure; default: 1s" },
    max: { type: "string", format: "duration", min: "10ms", description: "doubling up to this; default: 5m" },
  },
} as const satisfies ObjectSchema;

const overlapSettings = {
  type: "object",
  description: "what becomes of the previous credential",
  properties: {
    revoke: {
      enum: ["adopted", "always", "never"],
      default: "adopted",
      description: "revoke it when the consumer was shown to hold the new one, in any case, or never",
    },
    grace: { type: "string", format: "duration", default: "5m", description: "how long it stays alive after that" },
    deadline: { type: "string", format: "duration", description: "when revoking is given up and it is left to expire" },
  },
} as const satisfies ObjectSchema;

const budgetSettings = {
  type: "object",
  description:
    "mints that may come to nothing (outcome unknown, or minted and dropped) before it waits; a credential that nears its end is minted all the same",
  properties: {
    perMinute: { type: "integer", minimum: 1, maximum: 1000, default: 5, description: "so many in a minute" },
    perHour: { type: "integer", minimum: 1, maximum: 10_000, default: 30, description: "so many in an hour" },
  },
} as const satisfies ObjectSchema;

const foreachSettings = {
  type: "object",
  description: "makes one rotation per entry of a list; its keys are {{ each.… }} in the request and the sinks",
  properties: {
    file: { type: "string", format: "path", description: "a JSON or YAML list of objects" },
    key: {
      type: "string",
      pattern: "^[A-Za-z_]\\w*$",
      description: "the key of an entry that ends the rotation's name",
    },
  },
  required: ["file", "key"],
} as const satisfies ObjectSchema;

/** `defaults`. */
export const defaultsSettings = {
  type: "object",
  description: "for rotations that do not say otherwise",
  properties: { refresh: refreshSettings, retry: retrySettings },
} as const satisfies ObjectSchema;

/** Keys of a rotation that need no plugin to be understood. */
export const rotationSettings = {
  type: "object",
  properties: {
    provider: { type: "string", description: "a name from `providers`" },
    refresh: refreshSettings,
    retry: retrySettings,
    onFailure: {
      enum: ["keep", "rollback"],
      description:
        "when a reload or health probe fails: keep the new credential and try again (the default), or publish the previous one again",
    },
    drift: {
      enum: ["report", "repair"],
      default: "report",
      description:
        "when somebody else changed a sink: tell of it, or mint and write again; what is gone is written again in any case",
    },
    overlap: overlapSettings,
    budget: budgetSettings,
    maxLive: {
      type: "integer",
      minimum: 2,
      maximum: 100,
      default: 6,
      description:
        "credentials alive at once above which it warns, without those that were replaced and only wait for their end",
    },
    cache: {
      type: "boolean",
      default: false,
      description: "keep the current values in a 0600 file of the state directory, for `rotate credential`",
    },
    moves: {
      type: "boolean",
      description:
        "with `state: { type: postgres }`: may another machine take it over? Default: when each of its parts says so, and none is at an address of this machine alone",
    },
    host: {
      type: "string",
      minLength: 1,
      description:
        "with `state: { type: postgres }`: the one machine that rotates it, by its name (`ROTATE_HOST`, else the host name); others tell of it, and ask it",
    },
    runsOn: {
      type: "string",
      pattern: namePattern,
      description: `with \`state: { type: postgres }\`: only workers with this label take it, \`rotate watch --label …\` (${nameRule})`,
    },
    renamedFrom: { type: "string", pattern: namePattern, description: `the name it had before (${nameRule})` },
    foreach: foreachSettings,
  },
} as const satisfies ObjectSchema;

/** `audit`. */
export const auditSettings = {
  type: "object",
  description: "a record of everything that was done",
  properties: {
    file: { type: "string", format: "path", description: "one line of JSON for each act; only ever appended to" },
  },
  required: ["file"],
} as const satisfies ObjectSchema;

/** `state`. */
export const stateSettings = {
  type: "object",
  description: "where the state is kept, for more than one machine; default: in a directory of this one",
  properties: {
    type: { const: "postgres" },
    url: {
      type: "string",
      secret: true,
      description: "of the database: `postgres://user:password@host/database`; read anew for each connection",
    },
    key: {
      type: "string",
      secret: true,
      description: "of the fingerprints, the same on every host: what `rotate state key` printed",
    },
    schema: {
      type: "string",
      pattern: "^[a-z_][a-z0-9_]{0,40}$",
      default: "rotate",
      description: "of its tables; those of the queue are in another, with `_boss` at its end",
    },
  },
  required: ["type", "url", "key"],
} as const satisfies ObjectSchema;

/** `monitor`. */
export const monitorSettings = {
  type: "object",
  description: "what watches over rotate itself",
  properties: {
    textfile: { type: "string", format: "path", description: "a file of metrics for node_exporter" },
    heartbeat: {
      type: "object",
      description: "called after each good run, so that silence is noticed",
      properties: { url: { type: "string", format: "uri", description: "where it calls" } },
      required: ["url"],
    },
    listen: {
      type: "object",
      description: "who may use what `rotate watch --listen` serves; required beyond this machine",
      properties: {
        tls: {
          type: "object",
          description: "the endpoints answer by TLS only",
          properties: {
            cert: {
              type: "string",
              format: "path",
              description: "a PEM file: the certificate, then those it hangs on",
            },
            key: { type: "string", format: "path", description: "a PEM file: its key" },
          },
          required: ["cert", "key"],
        },
        token: {
          type: "string",
          secret: true,
          description: "who asks has to show it: as a bearer token, or a browser as the password",
        },
      },
    },
  },
} as const satisfies ObjectSchema;
