/** The login of a program's part, in frames. */
import { type Context, type Expires, isSecret, type LoggedIn, type Login, Secret } from "@rotate/plugin-kit";
import { type Ask, when } from "./ask.ts";
import type { DescribedPart } from "./describe.ts";
import { badFrame, isFrame, type Frame } from "./frames.ts";

/** The two verbs of a login, where the part has them. */
export function loginVerbs(
  part: DescribedPart,
  ask: Ask,
): {
  readonly login?: (ctx: Context) => Promise<Login>;
  readonly keepAlive?: (ctx: LoggedIn) => Promise<Login>;
} {
  return {
    ...when(part, "login", { login: async (ctx: Context) => loginOf(await ask("login", {}, ctx), ctx) }),
    ...when(part, "keepAlive", {
      keepAlive: async (ctx: LoggedIn) => loginOf(await ask("keepAlive", loginIn(ctx), ctx), ctx),
    }),
  };
}

/** What the program said at its login is handed back to it. */
export function loginIn({ login }: Pick<LoggedIn, "login">): Frame {
  return isFrame(login) && isSecret(login["said"]) ? { login: JSON.parse(login["said"].reveal()) as unknown } : {};
}

/** All texts of a login may be secret. */
function loginOf(answer: unknown, ctx: Context): Login {
  if (!isFrame(answer)) throw badFrame("its login is no object");
  maskTexts(answer, ctx);
  const { expires, bootstrapExpires } = answer;
  const end = bootstrapExpires === undefined ? undefined : expiresOf(bootstrapExpires);
  return {
    said: new Secret(JSON.stringify(answer), "login"),
    ...(expires !== undefined && { expires: expiresOf(expires) }),
    ...(end instanceof Date && { bootstrapExpires: end }),
  };
}

function maskTexts(value: unknown, ctx: Context): void {
  if (typeof value === "string") ctx.secret(value, "login");
  else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) maskTexts(item, ctx);
}

/** RFC 3339 §5.6, with a capital T and Z, and without leap seconds, which no clock of ours has. */
export const instantPattern =
  "^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)$";
const instant = new RegExp(instantPattern);

/** Throws BAD_ANSWER for what is no end. */
export function expiresOf(value: unknown): Expires {
  if (value === "never") return value;
  const isLength = isFrame(value) && Object.keys(value).length === 1;
  if (isLength && Number.isFinite(value["in"]) && Number(value["in"]) > 0) return { in: Number(value["in"]) };
  const date = typeof value === "string" && instant.test(value) ? new Date(value) : undefined;
  if (date === undefined || Number.isNaN(date.getTime()))
    throw badFrame('its `expires` is neither an RFC 3339 instant nor { "in": milliseconds } nor "never"');
  return date;
}
