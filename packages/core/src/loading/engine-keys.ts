import { alarmSteps, type ObjectSchema, type Schema } from "@rotate/plugin-kit";
import type { Kind } from "./kinds.ts";

/** Options of a reload that the engine obeys, whatever its type. */
export const reloadKeys = {
  type: "object",
  properties: {
    timeout: {
      type: "string",
      format: "duration",
      min: "100ms",
      max: "1d",
      default: "60s",
      description: "how long one run of it may take",
    },
    continueOnError: {
      type: "boolean",
      default: false,
      description: "run the reloads after it even when it fails; it stays owed",
    },
    settle: {
      type: "string",
      format: "duration",
      max: "1h",
      default: "0s",
      description: "for a named reload: wait this long for more rotations that share it, then run once for all",
    },
    group: {
      type: "object",
      description:
        "reloads of one group take turns: on this machine; on all machines where `groups` has an entry of its name, or the state is shared",
      properties: {
        name: { type: "string", minLength: 1, description: "the same name in each reload of the group" },
        maxUnavailable: {
          type: "integer",
          minimum: 1,
          default: 1,
          description: "how many consumers may be away at once: from their reload until they are healthy",
        },
        splay: {
          type: "string",
          format: "duration",
          max: "1d",
          default: "0s",
          description:
            "where machines do not see each other: each waits its own part of this time before the reload, by a hash of its name",
        },
      },
      required: ["name"],
    },
    onFailure: {
      enum: ["keep", "rollback"],
      description: "when it fails: keep the new credential and try again, or roll the rotation back",
    },
  },
} as const satisfies ObjectSchema;

/** Options of a probe that the engine obeys, whatever its type. */
export const probeKeys = {
  type: "object",
  properties: {
    timeout: {
      type: "string",
      format: "duration",
      min: "100ms",
      max: "1h",
      default: "10s",
      description: "how long one try may take",
    },
    within: {
      type: "string",
      format: "duration",
      max: "1d",
      default: "30s",
      description: "it is tried again until it succeeds or this much time has passed",
    },
  },
} as const satisfies ObjectSchema;

/** Options of a sink that the engine obeys, whatever its type; `values` is one more, in the words of the sink's `keys`. */
export const sinkKeys = {
  type: "object",
  properties: {
    partial: {
      type: "boolean",
      default: false,
      description: "its consumer needs only the fields written here, even if other sinks get more of them",
    },
  },
} as const satisfies ObjectSchema;

/** Options of a notifier that the engine obeys, whatever its type. */
export const notifierKeys = {
  type: "object",
  properties: {
    on: {
      type: "array",
      items: { enum: alarmSteps },
      minItems: 1,
      uniqueItems: true,
      default: alarmSteps,
      description: "what is told; default: all of it",
    },
    after: {
      type: "integer",
      minimum: 1,
      maximum: 1000,
      default: 3,
      description:
        "`failed` is told when so many tries in a row have failed; what nears its end is told as `expiring` in any case",
    },
    remind: {
      type: "string",
      format: "duration",
      max: "30d",
      default: "4h",
      description: "what lasts is told again this often; `0s`: never",
    },
  },
} as const satisfies ObjectSchema;

/** Options of an endpoint that the engine obeys, whatever its type; `rotation` is one more. */
export const endpointKeys = {
  type: "object",
  properties: {
    listen: {
      type: "object",
      description: "where it is asked: a Unix socket, or a port of this machine",
      properties: {
        socket: { type: "string", format: "path", description: "the Unix socket; who may write to the file may ask" },
        mode: {
          type: "string",
          pattern: "^0[0-7]{3}$",
          default: "0600",
          description: "permissions of the socket, octal",
          examples: ["0660"],
        },
        owner: { type: "string", minLength: 1, description: "user name or numeric id that the socket belongs to" },
        group: { type: "string", minLength: 1, description: "group name or numeric id that the socket belongs to" },
        port: { type: "integer", minimum: 1, maximum: 65_535, description: "a TCP port; who may ask says `uids`" },
        host: { enum: ["127.0.0.1", "::1"], default: "127.0.0.1", description: "the address of the port" },
      },
    },
    uids: {
      type: "array",
      items: { type: "string", minLength: 1 },
      minItems: 1,
      description: "user names or numeric ids that may connect to the port (Linux); nobody else is answered",
    },
    access: {
      enum: ["any-local-user"],
      description: "every user of this machine may ask on the port, with no secret: only where nobody else is on it",
    },
    drain: {
      type: "string",
      format: "duration",
      max: "1h",
      default: "10s",
      description: "how long those inside may go on when it ends",
    },
  },
} as const satisfies ObjectSchema;

/** Options of a coordinator that the engine obeys, whatever its type. */
export const coordinatorKeys = {
  type: "object",
  properties: {
    deadAfter: {
      type: "string",
      format: "duration",
      min: "5s",
      max: "1h",
      default: "60s",
      description: "a machine that gives no sign of life for so long loses its turn, and the next one goes on",
    },
  },
} as const satisfies ObjectSchema;

/** By kind, the keys that the engine obeys, beside `type`, a sink's `values` and an endpoint's `rotation`: a plugin cannot declare them (`engineOptions` of the kit names them all). */
export const engineKeys: Readonly<Record<Kind, Readonly<Record<string, Schema>>>> = {
  providers: {},
  sinks: sinkKeys.properties,
  reloads: reloadKeys.properties,
  probes: probeKeys.properties,
  notifiers: notifierKeys.properties,
  endpoints: endpointKeys.properties,
  coordinators: coordinatorKeys.properties,
};
