/** Does for the child of an npm plugin what it asks for, where that was declared: HTTP, commands, files that the options name, time. */
import { relative } from "node:path";
import { type Context, type HttpInit, invalid, type ExecInit } from "@rotate/plugin-kit";
import { wireAnswerOf } from "@rotate/runtime/answers";
import type { Serve } from "../asks.ts";
import type { DescribedPart } from "../describe.ts";
import { placeOf } from "../facts.ts";
import { isFrame, type Frame } from "../frames.ts";
import { pathsIn } from "./paths.ts";
import { refuseCommand, refuseHost, type Allowed } from "./needs.ts";

/** @param options of the call, secrets in clear @param ctx the context that a built-in would get */
export function serveFor(
  { allow, part, options }: { readonly allow: Allowed; readonly part: DescribedPart; readonly options: Frame },
  ctx: Context,
): Serve {
  const doers: Readonly<Record<string, (body: Frame) => Promise<unknown>>> = {
    http: ({ url, init }) => request({ url: String(url), init: isFrame(init) ? init : {} }, { allow, options, ctx }),
    async exec({ argv, init }) {
      const [file, ...args] = argv as readonly string[];
      refuseCommand(String(file), allow, options);
      return ctx.exec([String(file), ...args.map(String)], execInit(isFrame(init) ? init : {}));
    },
    async readFile({ path, init }) {
      const reads = (part.reads ?? []).flatMap((words) => placeOf(words, options, ctx.env));
      const paths = [...pathsIn(part.options, options), ...reads.map((place) => place.path)];
      if (!paths.some((one) => isWithin(String(path), one)))
        throw invalid(
          `it may not read ${String(path)}`,
          "it reads files that its options of format `path` name, and those of its `reads`",
        );
      const { what, hint, maxBytes } = isFrame(init) ? init : ({} as Frame);
      return ctx.readFile(String(path), { ...given({ what, hint, maxBytes }) });
    },
    sleep: async ({ milliseconds }) => ctx.sleep(Number(milliseconds)),
  };
  return {
    async ask(call, body) {
      if (!Object.hasOwn(doers, call)) throw invalid(`it asks for ${call}, which is nothing`, "a fault of the plugin");
      return doers[call]!(body);
    },
    note(kind, { text, name, level, message, fields }) {
      if (kind === "secret") ctx.secret(String(text), typeof name === "string" ? name : undefined);
      if (kind === "log" && (level === "debug" || level === "info" || level === "warn"))
        ctx.log[level](String(message), isFrame(fields) ? fields : undefined);
    },
  };
}

function isWithin(path: string, place: string): boolean {
  const way = relative(place, path);
  return path.startsWith("/") && !path.split("/").includes("..") && (way === "" || !way.startsWith(".."));
}

function given(init: Frame): Frame {
  return Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined && value !== null));
}

const passed = ["method", "query", "headers", "json", "form", "body", "maxAnswer", "timeout"] as const;

async function request(
  { url, init }: { readonly url: string; readonly init: Frame },
  { allow, options, ctx }: { readonly allow: Allowed; readonly options: Frame; readonly ctx: Context },
): Promise<Frame> {
  for (const own of ["socketPath", "proxy"])
    if (init[own] !== undefined)
      throw invalid(`a plugin by others cannot choose \`${own}\``, "the way there is that of rotate's own environment");
  if (!URL.canParse(url)) throw invalid("the URL cannot be understood", "write it whole, with https:// in front");
  refuseHost(new URL(url), allow, options);
  const answer = await ctx.http(url, { ...secretInit(init, ctx), refuseLinkLocal: true });
  const wire = wireAnswerOf(answer);
  if (wire === undefined) throw invalid("the answer cannot be handed on", "please report it");
  const headers = Object.entries(wire.headers).filter(([, value]) => value !== undefined);
  return { ...wire, headers: Object.fromEntries(headers), body: wire.body.toString("base64") };
}

/** What came revealed is a secret again, so that it is masked wherever it turns up. */
function secretInit(init: Frame, { secret }: Context): HttpInit {
  const { bearer, basic, tls } = init;
  const { username, password }: Frame = isFrame(basic) ? basic : {};
  const { key, ca, cert, serverName }: Frame = isFrame(tls) ? tls : {};
  const plain: HttpInit = given(Object.fromEntries(passed.map((name) => [name, init[name]])));
  return {
    ...plain,
    ...(bearer !== undefined && { bearer: secret(textOf(bearer)) }),
    ...(basic !== undefined && { basic: { username: textOf(username), password: secret(textOf(password)) } }),
    ...(tls !== undefined && {
      tls: { ...given({ ca, cert, serverName }), ...(key !== undefined && { key: secret(textOf(key)) }) },
    }),
  };
}

/** Its secrets have been told before, so that they are masked. */
function execInit({ stdin, env, timeout, excess, cwd }: Frame): ExecInit {
  return given({ stdin, timeout, excess, cwd, ...(isFrame(env) && { env: given(env) }) });
}

/** Throws INVALID for what should be text. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  throw invalid(
    "what was asked has another shape than it must have",
    "this is a fault in the plugin: please report it",
  );
}
