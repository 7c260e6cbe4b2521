/** The ways in which applications come to their credentials, and what each of them needs to be asked. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Fields } from "@rotate/plugin-kit";
import { UsageError } from "../failure.ts";
import type { Choice, FlagAsker } from "./asker.ts";
import type { ConsumerName } from "./consumer-names.ts";
import type { Surroundings } from "./machine.ts";

/** What the questions to a consumer are about. */
export interface ConsumerContext {
  readonly asker: FlagAsker;
  /** Of the rotation. */
  readonly name: string;
  readonly fields: Fields;
  /** Those that few need. */
  readonly leaves: readonly string[];
}

/** What stands in the rotation for its consumer. */
export interface ConsumerAnswer {
  readonly sinks: readonly object[];
  readonly verify?: readonly object[];
}

/** One way. */
export interface Consumer extends Choice {
  readonly value: ConsumerName;
  /** The reload that is proposed; `none`: it needs none. */
  readonly reload: string;
  /** Where it is what most people want. */
  readonly fits: (around: Surroundings) => boolean;
  readonly ask: (context: ConsumerContext) => Promise<ConsumerAnswer>;
}

/** All of them. */
export const consumers: readonly Consumer[] = [
  {
    value: "dotenv",
    label: "it reads variables from an .env file",
    reload: "systemd",
    fits: () => existsSync(join(process.cwd(), ".env")),
    ask: async (context) => {
      const path = await pathOf(context, ".env");
      return { sinks: [{ type: "dotenv", path, values: await namedValues(context, variableFor, "variable") }] };
    },
  },
  {
    value: "postgres-url",
    label: "it reads a PostgreSQL URL from an .env file",
    reload: "systemd",
    fits: () => false,
    ask: askForUrl,
  },
  {
    value: "json",
    label: "it reads a JSON file",
    reload: "systemd",
    fits: () => false,
    ask: (context) => askForDocument("json", context),
  },
  {
    value: "yaml",
    label: "it reads a YAML file",
    reload: "systemd",
    fits: () => false,
    ask: (context) => askForDocument("yaml", context),
  },
  {
    value: "file",
    label: "it reads a file that holds the value alone",
    reload: "systemd",
    fits: () => false,
    async ask(context) {
      const path = await pathOf(context, join("secrets", context.name));
      const field = await askForField(context, "values.content", "which field the file holds");
      const directory = path.includes("/") ? { directory: { create: true } } : {};
      return { sinks: [{ type: "file", path, ...directory, values: { content: template(field) } }] };
    },
  },
  {
    value: "kubernetes-secret",
    label: "it gets a Kubernetes Secret",
    reload: "kubernetes-rollout",
    fits: (around) => around === "pod",
    async ask(context) {
      const { asker, name } = context;
      const check = nonEmpty;
      const namespace = await asker.text({
        key: "sink.namespace",
        message: "namespace of the Secret",
        initial: "default",
        check,
      });
      const secret = await asker.text({ key: "sink.name", message: "name of the Secret", initial: name, check });
      return {
        sinks: [
          {
            type: "kubernetes-secret",
            namespace,
            name: secret,
            values: await namedValues(context, (field) => field, "key"),
          },
        ],
      };
    },
  },
  {
    value: "aws-profile",
    label: "it uses a profile of ~/.aws/credentials",
    reload: "none", // SDKs read the file again
    fits: () => false,
    ask: askForProfile,
  },
  {
    value: "command",
    label: "it is started by rotate (rotate exec), or asks for it (rotate credential)",
    reload: "none",
    fits: (around) => around === "laptop",
    ask: async (context) => ({ sinks: [{ type: "env", values: await namedValues(context, variableFor, "variable") }] }),
  },
];

function template(field: string): string {
  return `{{ ${field} }}`;
}

function nonEmpty(text: string): string | undefined {
  return text === "" ? "it is needed" : undefined;
}

function pathOf({ asker }: ConsumerContext, initial: string): Promise<string> {
  return asker.text({
    key: "sink.path",
    message: "the file (relative paths start at the spec)",
    initial,
    check: nonEmpty,
  });
}

/** Names that every SDK knows. */
const customary: Readonly<Record<string, string>> = {
  accessKeyId: "AWS_ACCESS_KEY_ID",
  secretAccessKey: "AWS_SECRET_ACCESS_KEY",
  sessionToken: "AWS_SESSION_TOKEN",
};

/** `accessToken` of `app-db` is `APP_DB_ACCESS_TOKEN`. */
function variableFor(field: string, { name }: Pick<ConsumerContext, "name">): string {
  const words = `${name}_${field.replaceAll(/([a-z])([A-Z])/g, "$1_$2")}`;
  return (
    customary[field] ??
    words
      .toUpperCase()
      .replaceAll(/[^A-Z0-9_]/g, "_")
      .replace(/^(?=\d)/, "_")
  );
}

/** A name for each field; `-` leaves one out. */
async function namedValues(
  context: ConsumerContext,
  nameFor: (field: string, context: ConsumerContext) => string,
  what: string,
): Promise<Readonly<Record<string, string>>> {
  const { asker, fields, leaves } = context;
  const values: Record<string, string> = {};
  for (const [field, { description, optional, secret }] of Object.entries(fields)) {
    const key = `values.${field}`;
    if (optional && !asker.isGiven(key)) continue;
    const message = `${what} for ${field} (${description})${secret ? "" : "; - for none"}`;
    const name = await asker.text({
      key,
      message,
      initial: leaves.includes(field) ? "-" : nameFor(field, context),
      check: nonEmpty,
    });
    if (name !== "-") values[name] = template(field);
  }
  if (Object.keys(values).length > 0) return values;
  throw new UsageError("nothing of the credential would be written", "name a place for one of its fields");
}

async function askForField({ asker, fields }: ConsumerContext, key: string, message: string): Promise<string> {
  const secret = Object.entries(fields).filter((entry) => entry[1].secret);
  const choices = (secret.length > 0 ? secret : Object.entries(fields)).map(([value, { description }]) => ({
    value,
    label: value,
    hint: description,
  }));
  return asker.choose({ key, message, choices, initial: choices[0]?.value });
}

async function askForDocument(type: "json" | "yaml", context: ConsumerContext): Promise<ConsumerAnswer> {
  const path = await pathOf(context, `config.${type}`);
  const values = await namedValues(context, (field) => `/${context.name}/${field}`, "place (a JSON pointer)");
  return { sinks: [{ type, path, values }] };
}

/** The parts of the URL; what is secret in it is escaped where it is written. The database is tried with the new credential before anything is written. */
async function askForUrl(context: ConsumerContext): Promise<ConsumerAnswer> {
  const { asker, fields } = context;
  const path = await pathOf(context, ".env");
  const ask = (key: string, message: string, initial?: string): Promise<string> =>
    asker.text({ key: `url.${key}`, message, check: nonEmpty, ...(initial !== undefined && { initial }) });
  const variable = await ask("variable", "variable for the URL", "DATABASE_URL");
  const host = await ask("host", "host of the database");
  const port = await ask("port", "port", "5432");
  const database = await ask("database", "name of the database", "postgres");
  const password = await askForField(context, "url.password", "which field is the password");
  const user = "username" in fields ? template("username") : await ask("user", "user of the database");
  const isTried = await asker.choose({
    key: "url.verify",
    message: "try the new credential on the database before it is written?",
    choices: [
      { value: "yes", label: "yes" },
      { value: "no", label: "no" },
    ],
    initial: "yes",
  });
  const login = "username" in fields ? "{{ username | uri_component }}" : encodeURIComponent(user);
  const url = `postgres://${login}:{{ ${password} | uri_component }}@${host}:${port}/${encodeURIComponent(database)}`;
  const probe = { type: "postgres", host, port: Number(port), database, user, password: template(password) };
  return {
    sinks: [{ type: "dotenv", path, values: { [variable]: url } }],
    ...(isTried === "yes" && { verify: [probe] }),
  };
}

async function askForProfile({ asker, fields, name }: ConsumerContext): Promise<ConsumerAnswer> {
  const settings = {
    aws_access_key_id: "accessKeyId",
    aws_secret_access_key: "secretAccessKey",
    aws_session_token: "sessionToken",
  };
  const present = Object.entries(settings).filter(([, field]) => field in fields);
  if (present.length < 2)
    throw new UsageError("this issuer gives no keys of AWS", "choose the issuer aws-sts, or another consumer");
  const path = await asker.text({
    key: "sink.path",
    message: "the file",
    initial: "~/.aws/credentials",
    check: nonEmpty,
  });
  const profile = await asker.text({
    key: "sink.profile",
    message: "the profile that is written",
    initial: name,
    check: nonEmpty,
  });
  const values = Object.fromEntries(present.map(([setting, field]) => [setting, template(field)]));
  return { sinks: [{ type: "aws-credentials", path, profile, values }] };
}
