/** The table, and the folder that it is played in. */
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { compiled } from "../../support/compiled.ts";
import { filesFor, secret } from "./files.ts";
import { local } from "./local.ts";
import { logins } from "./logins.ts";
import { nowhere, type Row, type Rows } from "./row.ts";
import { stores } from "./stores.ts";

/** The table. A rotation has the name of its row. */
export const rows: Rows = { ...logins, ...local, ...stores };

/** Rows in one spec. */
function specOf(some: Rows): object {
  const issuer = { type: "jwt", issuer: "https://issuer.example", key: { path: "issuer.pem" } };
  const providers = Object.entries(some).flatMap(([name, { provider }]) => (provider ? [[name, provider]] : []));
  const rotations = Object.entries(some).map(([name, row]) => {
    const {
      provider,
      request = provider ? {} : { subject: "app", ttl: "15m" },
      sinks,
      ends: _,
      notify: __,
      serve: ___,
      groups: ____,
      ...rest
    } = row;
    const own = { type: "dotenv", path: `${name}.env`, values: { VALUE: "{{ lease.expiresAt }}" } };
    return [name, { provider: provider ? name : "issuer", request, sinks: sinks ?? [own], ...rest }];
  });
  return {
    version: 1,
    defaults: { retry: { initial: "1h", max: "1h" } }, // each is tried once
    providers: Object.fromEntries([["issuer", issuer], ...providers]),
    rotations: Object.fromEntries(rotations),
    serve: Object.fromEntries(Object.values(some).flatMap(({ serve = {} }) => Object.entries(serve))),
    groups: Object.fromEntries(Object.values(some).flatMap(({ groups = {} }) => Object.entries(groups))),
    notify: Object.values(some).flatMap(({ notify = [] }) => notify),
  };
}

function rowsWhere(wanted: (row: Row) => boolean): Rows {
  return Object.fromEntries(Object.entries(rows).filter(([, row]) => wanted(row)));
}

/** The rows in two specs: a reload whose turn cannot be told is tried again by a rule of its own, which a run of all others would wait for. */
const specs = {
  "rotate.json": specOf(rowsWhere(({ groups }) => groups === undefined)),
  "turn.json": { name: "turn", ...specOf(rowsWhere(({ groups }) => groups !== undefined)) },
};

export interface Stage {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What runs beside the stage. */
export interface Consumers {
  /** The id of a process that bears every signal. */
  readonly reader: number;
  /** A server that finds everything good. */
  readonly server: string;
  /** GitHub's API, where SOME_SECRET is a token that may write secrets. */
  readonly github: string;
}

/** The only programs that are found there. */
const programs = ["/bin/sh", "/bin/cat", "/bin/true"];

/** A folder with the spec and everything that it names. */
export function layOut({ reader, server, github }: Consumers): Stage {
  const folder = mkdtempSync(join(tmpdir(), "rotate-types-"));
  mkdirSync(join(folder, "service-account"));
  mkdirSync(join(folder, "bin"));
  for (const program of programs) symlinkSync(program, join(folder, "bin", basename(program)));
  for (const [name, text] of Object.entries({ ...filesFor(reader), ...specs })) {
    writeFileSync(join(folder, name), typeof text === "string" ? text : JSON.stringify(text), { mode: 0o600 });
  }
  return {
    folder,
    env: { ...surroundings(folder), SERVER_URL: server, GITHUB_URL: github, OTEL_EXPORTER_OTLP_ENDPOINT: server },
  };
}

/** What the ways to log in look for in the environment. */
function surroundings(folder: string): Readonly<Record<string, string>> {
  const loopback = `http://${nowhere}`;
  return {
    PATH: join(folder, "bin"),
    NODE_COMPILE_CACHE: compiled,
    HOME: folder,
    ROTATE_STATE_DIR: join(folder, "state"),
    SOME_SECRET: secret,
    AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${loopback}/credentials`,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: loopback,
    IDENTITY_ENDPOINT: `${loopback}/identity`,
    IDENTITY_HEADER: secret,
    GCE_METADATA_HOST: nowhere,
    ACTIONS_ID_TOKEN_REQUEST_URL: `${loopback}/token?`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret,
    GITHUB_ACTIONS: "true",
    GITHUB_ENV: join(folder, "github-env"),
    GITHUB_OUTPUT: join(folder, "github-output"),
    KUBERNETES_SERVICE_HOST: "127.0.0.1",
    KUBERNETES_SERVICE_PORT: "1",
  };
}
