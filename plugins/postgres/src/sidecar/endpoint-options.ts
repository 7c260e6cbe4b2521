/** What a `serve` entry of type `postgres` may say. */
import { basename } from "node:path";
import type { Infer, ListeningAt, ObjectSchema } from "@rotate/plugin-kit";

/** The options. */
export const sidecarOptions = {
  type: "object",
  properties: {
    upstream: {
      type: "object",
      description: "The server. It has to speak TLS with a certificate for its host's name.",
      properties: {
        host: { type: "string", minLength: 1, description: "Host name or address, as in the certificate." },
        port: { type: "integer", minimum: 1, maximum: 65_535, default: 5432 },
        ca: { type: "string", format: "path", description: "Authorities to trust instead of the system's, PEM." },
        direct: { type: "boolean", default: false, description: "TLS from the first byte (PostgreSQL 17 and later)." },
      },
      required: ["host"],
    },
    login: {
      type: "object",
      description: "Whom to log in at the server, with the credential that is there at that moment.",
      properties: {
        user: {
          type: "string",
          minLength: 1,
          template: true,
          description: "The role; a template where the credential has a user name.",
        },
        password: { type: "string", secret: true, description: 'A template of the credential, such as "{{ token }}".' },
      },
      required: ["user", "password"],
    },
    local: {
      type: "object",
      description: "What the application logs in with here; without it whoever reaches the socket may come in.",
      properties: {
        user: { type: "string", minLength: 1 },
        password: { type: "string", secret: true, description: "A password of its own, read anew for each login." },
      },
      required: ["user", "password"],
    },
    database: { type: "string", minLength: 1, description: "For applications that name none." },
    applicationName: { type: "string", minLength: 1, description: "For applications that name none." },
    maxSessions: { type: "integer", minimum: 1, maximum: 10_000, default: 100 },
    startupTimeout: {
      type: "string",
      format: "duration",
      default: "30s",
      min: "1s",
      max: "10m",
      description: "From the connection to the first query: waking a server may take a while.",
    },
    onRefused: {
      enum: ["mint", "report"],
      default: "mint",
      description:
        "When the server refuses the credential: mint another, once, and log in with that, or pass the refusal on.",
    },
    onClientGone: {
      enum: ["close", "cancel"],
      default: "close",
      description: "When the application goes away in the middle of a query: `cancel` has the server stop it.",
    },
    allowMd5: { type: "boolean", default: false, description: "Answer a server that asks for an MD5 password." },
    replication: { type: "boolean", default: false, description: "Pass replication connections through." },
  },
  required: ["upstream", "login"],
} as const satisfies ObjectSchema;

/** The options, checked. */
export type SidecarSettings = Infer<typeof sidecarOptions>;

/** As libpq looks for it in the directory that it was given as host. */
const socketName = /^\.s\.PGSQL\.(\d{1,5})$/;

/** What stands in the way of an application that is to find it. */
export function faultsOf(_: SidecarSettings, listen: ListeningAt): readonly string[] {
  if (!("socket" in listen) || socketName.test(basename(listen.socket))) return [];
  return [
    `PostgreSQL's clients look for a socket called .s.PGSQL.5432 (or another port), not ${basename(listen.socket)}`,
  ];
}

/** The variables of libpq, which most clients read (postgresql.org/docs/18/libpq-envars.html). The password is not among them. */
export function environmentOf({ local, database }: SidecarSettings, at: ListeningAt): Readonly<Record<string, string>> {
  return {
    ...addressOf(at),
    ...(local !== undefined && { PGUSER: local.user }),
    ...(database !== undefined && { PGDATABASE: database }),
    PGSSLMODE: "disable",
  };
}

function addressOf(at: ListeningAt): { readonly PGHOST: string; readonly PGPORT: string } {
  if (!("socket" in at)) return { PGHOST: at.host, PGPORT: String(at.port) };
  const [, port = "5432"] = socketName.exec(basename(at.socket)) ?? [];
  return { PGHOST: at.socket.slice(0, -basename(at.socket).length - 1) || "/", PGPORT: port };
}
