/** What an npm plugin says that it touches, and whether what it asks for is among it. */
import { invalid, type Needs } from "@rotate/plugin-kit";
import { badFrame, isFrame, type Frame } from "../frames.ts";
import { isWhole, targetWith } from "../target-with.ts";

/** As it stands in the lock. */
export type Allowed = Required<Pick<Needs, "hosts" | "commands" | "env">> & Pick<Needs, "network">;

const host = /^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::(?:\d{1,5}|\*))?$|^localhost(?::(?:\d{1,5}|\*))?$/;
const address = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])(?::(?:\d{1,5}|\*))?$/;
const option = /^(?:\{[^{}]+\}|[a-z0-9:.-])*\{[^{}]+\}(?:\{[^{}]+\}|[a-z0-9:.-])*$/;
const command = /^(?:[\w.+-]+|\/[^\0]+|\{[^{}]+\})$/;
const variable = /^[A-Za-z_][A-Za-z0-9_]*$/;

const rules: Readonly<Record<"hosts" | "commands" | "env", (word: string) => boolean>> = {
  hosts: (word) => (host.test(word) && !/^\*\.[^.]+$/.test(word)) || address.test(word) || option.test(word),
  commands: (word) => command.test(word),
  env: (word) => variable.test(word),
};

/** Throws BAD_ANSWER that names what is not as it must be. */
export function checkNeeds(value: unknown): Allowed {
  if (!isFrame(value)) throw badFrame("its `needs` are no object");
  const { hosts = [], commands = [], env = [], network, ...others } = value;
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw badFrame(`its \`needs\` have the key ${JSON.stringify(other.slice(0, 40))}, which is none`);
  if (network !== undefined && network !== "open") throw badFrame("the `network` of its `needs` is `open` or absent");
  const lists = { hosts, commands, env };
  for (const [name, list] of Object.entries(lists)) checkList(name as keyof typeof rules, list);
  return { ...(lists as unknown as Allowed), ...(network === "open" && { network }) };
}

function checkList(name: keyof typeof rules, list: unknown): void {
  if (!Array.isArray(list)) throw badFrame(`the \`${name}\` of its \`needs\` are no list`);
  const wrong: unknown = list.find((word) => typeof word !== "string" || !rules[name](word));
  if (wrong !== undefined)
    throw badFrame(`the \`${name}\` of its \`needs\` hold ${JSON.stringify(wrong).slice(0, 60)}, which is none`);
}

/** The words with this call's options in them; those whose options are absent say nothing. */
function filled(words: readonly string[], options: Frame): readonly string[] {
  return words.filter((word) => isWhole(word, options)).map((word) => targetWith(word, options));
}

/** Throws INVALID for a host that was not declared. @param options of the call */
export function refuseHost(url: URL, { hosts }: Pick<Allowed, "hosts">, options: Frame): void {
  if (filled(hosts, options).some((word) => isHost(url, word))) return;
  throw invalid(
    `it may not speak to ${url.host}: its \`needs\` name ${hosts.length === 0 ? "no host" : hosts.join(", ")}`,
    "a plugin names the hosts that it speaks to: `definePlugin({ needs: { hosts } })`",
  );
}

function isHost(url: URL, word: string): boolean {
  if (word.includes("://")) return URL.canParse(word) && new URL(word).origin === url.origin;
  const [, name = "", port] = /^(.*?)(?::(\d+|\*))?$/.exec(word) ?? [];
  const isName = name.startsWith("*.")
    ? url.hostname.endsWith(name.slice(1).toLowerCase()) && url.hostname.length > name.length - 1
    : url.hostname === name.toLowerCase();
  if (!isName) return false;
  if (port === "*") return true;
  return port === undefined ? url.protocol === "https:" && url.port === "" : portOf(url) === port;
}

function portOf({ port, protocol }: URL): string {
  return port !== "" ? port : protocol === "https:" ? "443" : "80";
}

/** Throws INVALID for a command that was not declared. */
export function refuseCommand(file: string, { commands }: Pick<Allowed, "commands">, options: Frame): void {
  if (filled(commands, options).includes(file)) return;
  throw invalid(
    `it may not run ${file}: its \`needs\` name ${commands.length === 0 ? "no command" : commands.join(", ")}`,
    "a plugin names the commands that it runs: `definePlugin({ needs: { commands } })`",
  );
}

/** What of our environment it is given. */
export function environmentFor(
  { env }: Pick<Allowed, "env">,
  own: Readonly<Record<string, string | undefined>>,
): Frame {
  return Object.fromEntries(env.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]]])));
}
