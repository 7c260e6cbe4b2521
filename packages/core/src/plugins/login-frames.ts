/** The login of a program's part, in frames. */
import type { Context, Expires, LoggedIn, Login } from "@rotate/plugin-kit";
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
  return isFrame(login) && "said" in login ? { login: login["said"] } : {};
}

/** All texts of a login may be secret. */
function loginOf(answer: unknown, ctx: Context): Login {
  if (!isFrame(answer)) throw badFrame("its login is no object");
  maskTexts(answer, ctx);
  const { expires } = answer;
  return { said: answer, ...(expires !== undefined && { expires: expiresOf(expires) }) };
}

function maskTexts(value: unknown, ctx: Context): void {
  if (typeof value === "string") ctx.secret(value, "login");
  else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) maskTexts(item, ctx);
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Throws BAD_ANSWER for what is no end. */
export function expiresOf(value: unknown): Expires {
  if (value === "never") return value;
  if (isFrame(value) && Number.isFinite(value["in"]) && Number(value["in"]) > 0) return { in: Number(value["in"]) };
  const date = typeof value === "string" && instant.test(value) ? new Date(value) : undefined;
  if (date === undefined || Number.isNaN(date.getTime()))
    throw badFrame('its `expires` is neither an RFC 3339 instant nor { "in": milliseconds } nor "never"');
  return date;
}
