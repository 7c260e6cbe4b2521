/** Small plugins with every word of the option schemas, so that the loader can be shown whole without the real ones. */
import {
  defineEndpoint,
  defineNotifier,
  defineProbe,
  defineProvider,
  defineReload,
  defineSink,
  definePlugin,
  type Plugin,
} from "@rotate/plugin-kit";
import { createCatalog, type Catalog } from "../../src/loading/catalog.ts";

const never = async (): Promise<never> => {
  throw new Error("the loader calls no plugin");
};

const cloud = defineProvider({
  type: "cloud-token",
  options: {
    type: "object",
    properties: {
      host: { type: "string", format: "uri", description: "the address of the API" },
      auth: {
        anyOf: [
          {
            type: "object",
            properties: { method: { const: "pat" }, token: { type: "string", secret: true } },
            required: ["method", "token"],
          },
          {
            type: "object",
            properties: {
              method: { const: "oauth-m2m" },
              clientId: { type: "string" },
              clientSecret: { type: "string", secret: true },
            },
            required: ["method", "clientId", "clientSecret"],
          },
        ],
      },
      retries: { type: "integer", minimum: 0, maximum: 10, default: 3 },
      patience: { type: "string", format: "duration", default: "30s" },
    },
    required: ["host", "auth"],
  },
  request: {
    type: "object",
    properties: {
      endpoint: {
        type: "string",
        pattern: "^projects/[^/]+/endpoints/[^/]+$",
        examples: ["projects/app/endpoints/primary"],
      },
      ttl: { type: "string", format: "duration", min: "5m", max: "1h", default: "1h" },
    },
    required: ["endpoint"],
  },
  fields: { token: { secret: true, description: "a JWT" } },
  mint: never,
});

const vault = defineProvider({
  type: "vault",
  options: {
    type: "object",
    properties: { address: { type: "string" }, token: { type: "string", secret: true } },
    required: ["address", "token"],
  },
  request: {
    type: "object",
    properties: { path: { type: "string" }, fields: { type: "array", items: { type: "string" }, minItems: 1 } },
    required: ["path", "fields"],
  },
  fields: ({ fields }) => Object.fromEntries(fields.map((name) => [name, { secret: true, description: name }])),
  mint: never,
});

const dotenv = defineSink({
  type: "dotenv",
  options: {
    type: "object",
    properties: {
      path: { type: "string", format: "path" },
      mode: { type: "string", pattern: "^0[0-7]{3}$", description: 'a file mode in quotes, such as "0640"' },
      dialect: { enum: ["posix", "docker"], default: "posix" },
    },
    required: ["path"],
  },
  keys: { pattern: "[A-Za-z_][A-Za-z0-9_]*", description: "an environment variable name" },
  target: ({ path }) => path,
  prepare: never,
});

const json = defineSink({
  type: "json",
  options: { type: "object", properties: { path: { type: "string", format: "path" } }, required: ["path"] },
  keys: { pattern: "(/[^/]+)+", description: "a JSON Pointer" },
  target: ({ path }) => path,
  prepare: never,
});

const file = defineSink({
  type: "file",
  options: {
    type: "object",
    properties: { path: { type: "string", format: "path" }, content: { type: "string", secret: true } },
    required: ["path", "content"],
  },
  target: ({ path }) => path,
  prepare: never,
});

const exec = defineReload({
  type: "exec",
  options: {
    type: "object",
    properties: {
      command: { type: "array", items: { type: "string" }, minItems: 1, examples: [["systemctl", "reload", "app"]] },
      env: { type: "object", additionalProperties: { type: "string" } },
    },
    required: ["command"],
  },
  adopts: () => true,
  run: never,
});

const webhook = defineNotifier({
  type: "http",
  options: { type: "object", properties: { url: { type: "string", format: "uri" } }, required: ["url"] },
  send: async () => undefined,
});

const http = defineProbe({
  type: "http",
  options: { type: "object", properties: { url: { type: "string", format: "uri" } }, required: ["url"] },
  run: never,
});

const postgres = defineProbe({
  type: "postgres",
  options: {
    type: "object",
    properties: {
      host: { type: "string" },
      port: { type: "integer", default: 5432 },
      user: { type: "string", template: true },
      password: { type: "string", secret: true },
    },
    required: ["host", "user", "password"],
  },
  run: never,
});

const door = defineEndpoint({
  type: "door",
  options: {
    type: "object",
    properties: {
      user: { type: "string", template: true },
      password: { type: "string", secret: true },
      key: { type: "string", secret: true },
    },
  },
  needs: () => ["token"],
  authenticates: ({ key }) => key !== undefined,
  sessions: true,
  open: never,
});

const window = defineEndpoint({
  type: "window",
  options: { type: "object" },
  many: true,
  clientWindow: 900_000,
  open: never,
});

/** One plugin with all samples. */
export const samplePlugin: Plugin = definePlugin({
  providers: [cloud, vault],
  sinks: [dotenv, json, file],
  reloads: [exec],
  probes: [http, postgres],
  notifiers: [webhook],
  endpoints: [door, window],
});

/** A catalog with all samples. */
export function sampleCatalog(): Catalog {
  return createCatalog([{ name: "samples", plugin: samplePlugin }]);
}

/** A sound spec, the usual one. */
export const soundSpec = `version: 1
name: demo
providers:
  lakebase:
    type: cloud-token
    host: { env: CLOUD_HOST }
    auth: { method: oauth-m2m, clientId: { env: CLIENT_ID }, clientSecret: { file: secrets/dbx } }
reloads:
  app: { type: exec, command: [systemctl, restart, app] }
rotations:
  db:
    provider: lakebase
    request: { endpoint: projects/app/endpoints/primary }
    refresh: { before: 10m }
    verify:
      - { type: postgres, host: db.example.com, user: svc, password: "{{ token }}" }
    sinks:
      - type: dotenv
        path: .env
        values:
          DB_PASSWORD: "{{ token }}"
          DATABASE_URL: "postgres://svc:{{ token | uri_component }}@db.example.com/app"
    reload: [app]
    health:
      - { type: http, url: "http://127.0.0.1:7007/health", within: 60s }
`;
