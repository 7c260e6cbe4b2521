import type { Catalog } from "@rotate/core";
import type { Fields, Machine, Provider } from "@rotate/plugin-kit";
import { UsageError } from "../failure.ts";
import type { Choice, FlagAsker } from "./asker.ts";
import type { ConsumerName } from "./consumer-names.ts";
import { consumers, type Consumer } from "./consumers.ts";
import { fillIn } from "./form.ts";
import { surroundingsOf } from "./machine.ts";

/** Who asks whom, about what. */
export interface Interview {
  readonly asker: FlagAsker;
  readonly catalog: Catalog;
  readonly machine: Machine;
}

/** The spec as plain data, and what comes next with it. */
export interface Drafted {
  readonly spec: object;
  /** It says when it is refreshed. */
  readonly isTimed: boolean;
  /** Something makes the consumer take the new credential up. */
  readonly reloads: boolean;
  /** Of its one rotation. */
  readonly name: string;
  readonly consumer: ConsumerName;
}

/** Asks everything that a first spec needs. Throws UsageError. */
export async function interview(about: Interview): Promise<Drafted> {
  const { asker, catalog, machine } = about;
  const around = surroundingsOf(machine);
  const consumer = await chooseConsumer(
    asker,
    consumers.toSorted((a, b) => Number(b.fits(around)) - Number(a.fits(around))),
  );
  const { type, part, login } = await chooseIssuer(about);
  const { start } = part;
  const options = await fillIn(part.options, {
    asker,
    prefix: "provider",
    ask: start?.options,
    offers: start?.offers,
    known: login,
  });
  const request =
    part.request === undefined
      ? {}
      : await fillIn(part.request, { asker, prefix: "request", ask: start?.request, offers: start?.offers });
  const name = await asker.text({ key: "name", message: "name of the rotation", initial: "app", check: wrongName });
  asker.checkMissing(); // what a credential consists of depends on the answers
  const answer = await consumer.ask({ asker, name, fields: fieldsOf(part, request), leaves: start?.leaves ?? [] });
  const reload = await chooseReload({ asker, catalog }, consumer);
  asker.finish();
  const rotation = {
    provider: type,
    ...(Object.keys(request).length > 0 && { request }),
    ...(start?.refresh && { refresh: start.refresh }),
    ...(answer.verify && { verify: answer.verify }),
    sinks: answer.sinks,
    ...(reload && { reload: [reload] }),
  };
  return {
    name,
    reloads: reload !== undefined,
    isTimed: start?.refresh !== undefined,
    consumer: consumer.value,
    spec: { version: 1, providers: { [type]: { type, ...options } }, rotations: { [name]: rotation } },
  };
}

async function chooseConsumer(asker: FlagAsker, choices: readonly Consumer[]): Promise<Consumer> {
  const chosen = await asker.choose({
    key: "consumer",
    message: "How does your application get its credential?",
    choices,
    initial: choices[0]?.value,
  });
  return choices.find(({ value }) => value === chosen)!;
}

interface Issuer {
  readonly type: string;
  readonly part: Provider;
  /** Options that a login of this machine comes with. */
  readonly login: Readonly<Record<string, unknown>>;
}

/** Those that this machine can log in to come first. */
async function chooseIssuer({ asker, catalog, machine }: Interview): Promise<Issuer> {
  const known = await Promise.all(
    catalog.types("providers").map(async (type) => {
      const part = (await catalog.find("providers", type))!;
      return { type, part, logins: (await part.start?.logins?.(machine)) ?? [] };
    }),
  );
  const sorted = known.toSorted((a, b) => Number(b.logins.length > 0) - Number(a.logins.length > 0));
  const choices = sorted.map(({ type, part, logins }): Choice => ({
    value: type,
    label: part.start?.title ?? type,
    hint: hintOf(type, logins),
  }));
  const chosen = await asker.choose({ key: "issuer", message: "Who issues it?", choices });
  const issuer = known.find(({ type }) => type === chosen);
  if (issuer === undefined) asker.checkMissing();
  return { ...issuer!, login: await chooseLogin(asker, issuer!.logins) };
}

function hintOf(type: string, logins: readonly { readonly label: string }[]): string {
  const [first] = logins;
  const more = logins.length > 1 ? ` and ${logins.length - 1} more` : "";
  return first === undefined ? type : `${type}; found: ${first.label}${more}`;
}

const another = "another";

/** A login is chosen by its number, for a label may be long. */
async function chooseLogin(
  asker: FlagAsker,
  logins: readonly { readonly label: string; readonly options: Readonly<Record<string, unknown>> }[],
): Promise<Readonly<Record<string, unknown>>> {
  if (logins.length === 0) return {};
  const choices = [
    ...logins.map(({ label }, index) => ({ value: String(index + 1), label })),
    { value: another, label: "another one" },
  ];
  const isTold = logins.some(({ options }) => Object.keys(options).some((key) => asker.isGiven(`provider.${key}`)));
  const chosen =
    isTold && !asker.isGiven("login")
      ? another
      : await asker.choose({ key: "login", message: "Which login?", choices, initial: "1" });
  return logins[Number(chosen) - 1]?.options ?? {};
}

function wrongName(text: string): string | undefined {
  return /^[a-z0-9][a-z0-9._-]{0,62}$/.test(text)
    ? undefined
    : "lower-case letters, digits, dots, dashes and underscores, beginning with a letter or digit";
}

/** What the issuer gives for this request; asked with the defaults in it, as the engine does. */
function fieldsOf({ fields, request: schema }: Provider, request: Readonly<Record<string, unknown>>): Fields {
  if (typeof fields !== "function") return fields;
  const defaults = Object.entries(schema?.properties ?? {}).flatMap(([key, inner]) =>
    "default" in inner && inner.default !== undefined ? [[key, inner.default] as const] : [],
  );
  const found = fields({ ...Object.fromEntries(defaults), ...request });
  if (Object.keys(found).length > 0) return found;
  throw new UsageError("this issuer gives no fields for such a request", "see its page in docs/plugins");
}

async function chooseReload(
  { asker, catalog }: Pick<Interview, "asker" | "catalog">,
  { reload }: Consumer,
): Promise<object | undefined> {
  const parts = await Promise.all(catalog.types("reloads").map((type) => catalog.find("reloads", type)));
  const choices = parts.flatMap((part) =>
    part === undefined ? [] : [{ value: part.type, label: part.start?.title ?? part.type, hint: part.type }],
  );
  const none = { value: "none", label: "nothing: it reads the credential anew by itself", hint: undefined };
  const proposed = choices.toSorted((a, b) => Number(b.value === reload) - Number(a.value === reload));
  const isNone = reload === "none";
  const chosen = await asker.choose({
    key: "reload",
    message: "What makes it take the new one up?",
    choices: isNone ? [none, ...proposed] : [...proposed, none],
    unasked: "none",
  });
  const part = parts.find((one) => one?.type === chosen);
  if (part === undefined) return undefined;
  return { type: part.type, ...(await fillIn(part.options, { asker, prefix: "reload", ask: part.start?.options })) };
}
