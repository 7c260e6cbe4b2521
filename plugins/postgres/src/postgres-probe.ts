import { defineProbe } from "@rotate/plugin-kit";
import { encryption, encryptionOptions } from "@rotate/plugin-kit/databases";
import { explain } from "./explain.ts";
import { logInAndQuery } from "./login.ts";

/** Logs in to a PostgreSQL server with a password and runs one query, over the real protocol. */
export const postgresProbe = defineProbe({
  type: "postgres",
  scope: ({ host }) => (host.startsWith("/") ? "host" : "anywhere"),
  options: {
    type: "object",
    properties: {
      host: {
        type: "string",
        minLength: 1,
        template: true,
        description: "Host name, address, or the directory of a Unix socket.",
      },
      port: { type: "integer", minimum: 1, maximum: 65_535, default: 5432 },
      database: { type: "string", minLength: 1, template: true, default: "postgres" },
      user: {
        type: "string",
        minLength: 1,
        template: true,
        description: "The role. In `verify` it may be a template, where the credential has a user name.",
      },
      password: { type: "string", secret: true, description: "The password; a token goes here as well." },
      ...encryptionOptions,
      query: { type: "string", minLength: 1, default: "select 1", description: "What has to succeed after the login." },
      connectTimeout: { type: "string", format: "duration", default: "10s", min: "100ms", max: "10m" },
    },
    required: ["host", "user", "password"],
  },

  reads: ({ ca }) => (ca === undefined ? [] : [{ path: ca }]),

  async run({ options, resolve, readFile, signal }) {
    const [password, ssl] = await Promise.all([resolve(options.password), encryption(options, { readFile })]);
    try {
      await logInAndQuery({ ...options, password, ssl, signal });
    } catch (error) {
      throw explain(error, { ...options, secrets: [password], signal });
    }
  },
});
