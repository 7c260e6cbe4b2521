import { defineProvider, meanings, RotateError, type Infer, type ObjectSchema } from "@rotate/plugin-kit";
import type { Right } from "./denied.ts";
import { readAs, readEnvelope } from "./envelope.ts";
import { keepAlive, logIn, loginPlaces, loginScope, type LoggedInContext } from "./login/index.ts";
import { options } from "./options.ts";
import { ask, checkRights } from "./read.ts";
import { loginsOf } from "./logins.ts";

const request = {
  type: "object",
  properties: {
    mount: { type: "string", minLength: 1, default: "database", description: "Where the engine is mounted" },
    role: { type: "string", minLength: 1, description: "Name of the static role" },
    rotate: {
      type: "boolean",
      default: false,
      description:
        "Have the server change the password at each mint, instead of following the server's own schedule. Only when all consumers are in this rotation",
    },
  },
  required: ["role"],
} as const satisfies ObjectSchema;

type Request = Infer<typeof request>;

const fields = {
  username: { secret: false, description: "The user, always the same" },
  password: { secret: true, description: "Its password until the next change" },
} as const;

/** A user whose password the server changes in place: the moment it does, the previous one is dead. */
export const vaultStaticRole = defineProvider({
  type: "vault-static-role",
  start: {
    title: "Vault or OpenBao: the password of a static role",
    offers: { address: "https://vault.example.com:8200" },
    logins: loginsOf,
  },
  options,
  request,
  fields,
  overlap: false,
  ghosts: false,
  reads: loginPlaces,
  scope: loginScope,
  login: logIn,
  keepAlive,
  check: (ctx, wanted) => checkRights(ctx, { asked: wanted === undefined ? [] : rightsFor(wanted) }),

  async mint(wanted, ctx) {
    if (wanted.rotate) await ask(ctx, { verb: "POST", path: `${wanted.mount}/rotate-role/${wanted.role}`, json: {} });
    const { username, password, left, period } = await readSettled(wanted, ctx);
    const fixed = wanted.rotate ? {} : { period: period ?? left };
    return { expires: { in: left }, ...fixed, fields: { username, password: ctx.secret(password, "password") } };
  },
});

function rightsFor({ mount, role, rotate }: Request): readonly Right[] {
  const reading = { path: `${mount}/static-creds/${role}`, capability: "read" } as const;
  return rotate ? [reading, { path: `${mount}/rotate-role/${role}`, capability: "update" }] : [reading];
}

interface Current {
  readonly username: string;
  readonly password: string;
  /** Milliseconds until the server changes the password. */
  readonly left: number;
  /** Milliseconds between two changes, where the server has such a rhythm. */
  readonly period: number | undefined;
}

/** A password this near to its end is waited out: it would be dead on arrival. Milliseconds. */
const tooLate = 15_000;
const tries = 4;

async function readSettled(wanted: Request, ctx: LoggedInContext): Promise<Current> {
  for (let count = 0; count < tries; count += 1) {
    const current = await read(wanted, ctx);
    if (current.left > tooLate) return current;
    ctx.log.info("the password is about to change: waiting for the new one", { left: current.left });
    await ctx.sleep(current.left + 1000);
  }
  throw new RotateError(`the password of static role ${wanted.role} is due but was not changed`, {
    ...meanings.wait,
    hint: "the server fails to change it in the database (see its log), or the role's rotation period is under 15 s",
  });
}

async function read({ mount, role }: Request, ctx: LoggedInContext): Promise<Current> {
  const path = `${mount}/static-creds/${role}`;
  const answer = await ask(ctx, { verb: "GET", path });
  readEnvelope(answer, path, ctx);
  const { username, password, ttl, rotation_period: seconds } = readAs(answer, shape).data;
  const period = seconds === undefined || seconds <= 0 ? undefined : seconds * 1000;
  return { username, password, left: Math.max(0, ttl) * 1000, period };
}

const shape = {
  type: "object",
  properties: {
    data: {
      type: "object",
      properties: {
        username: { type: "string", minLength: 1 },
        password: { type: "string", minLength: 1 },
        ttl: { type: "integer" },
        rotation_period: { type: "integer" },
      },
      required: ["username", "password", "ttl"],
    },
  },
  required: ["data"],
} as const;
