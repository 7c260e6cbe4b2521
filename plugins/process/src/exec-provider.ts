import { resolve } from "node:path";
import {
  beforehand,
  type Context,
  defineProvider,
  type ExecAnswer,
  execRefusal,
  type Infer,
  invalid,
  type ObjectSchema,
} from "@rotate/plugin-kit";
import {
  checkCommand,
  commandOptions,
  type CommandCall,
  type CommandOptions,
  resolveAll,
  runCommand,
} from "./command.ts";
import { expiryOf } from "./expiry.ts";
import { formats } from "./formats/index.ts";
import { noFields } from "./formats/json.ts";
import { refusals } from "./refusal.ts";
import { request, type Request } from "./request.ts";

const options = {
  type: "object",
  properties: {
    ...commandOptions,
    stdin: {
      type: "string",
      secret: true,
      description: "Text for its standard input, where the format has no use for it.",
    },
    timeout: {
      type: "string",
      format: "duration",
      default: "30s",
      description: "The command and all it started is killed then.",
    },
  },
  required: ["command"],
} as const satisfies ObjectSchema;

/** Mints by running any command, and reads what it prints in one of the forms that commands already have. */
export const execProvider = defineProvider({
  type: "exec",
  start: { title: "a command of yours that prints a credential", request: ["format"], offers: { format: "token" } },
  options,
  request,
  // The program alone: what its arguments are, only it knows.
  reads: ({ command: [program], cwd = "" }) => (program.includes("/") ? [{ path: resolve("/", cwd, program) }] : []),
  fields: (asked) => formats[asked.format].fields(asked),

  async check(ctx, asked) {
    await checkCommand(ctx);
    await resolveAll(ctx, ctx.options.secretEnv);
    if (asked !== undefined) await callOf(asked, { ...ctx, leaseId: "" });
    if (asked !== undefined && Object.keys(formats[asked.format].fields(asked)).length === 0) throw noFields();
    if (ctx.options.stdin !== undefined) await ctx.resolve(ctx.options.stdin);
  },
  async mint(asked, ctx) {
    const format = formats[asked.format];
    const answer = await run(asked, ctx);
    const document = format.parse(answer.stdout, asked);
    const fields = format.read(document, { asked, secret: ctx.secret });
    return { fields, expires: expiryOf(asked, { stated: format.expires(document, asked), fields, now: ctx.now() }) };
  },
});

type MintCtx = Context<Infer<typeof options> & CommandOptions> & { readonly leaseId: string };

async function run(asked: Request, ctx: MintCtx): Promise<ExecAnswer> {
  const format = formats[asked.format];
  const [program] = ctx.options.command;
  const call = await beforehand(() => callOf(asked, ctx));
  const answer = await runCommand(ctx, call);
  if (answer.exitCode === 0) return answer;
  const known = format.refusal?.(answer);
  if (known !== undefined) throw known;
  throw execRefusal(refusals, answer, { message: `${program} failed`, said: answer.stderr });
}

async function callOf(asked: Request, ctx: MintCtx): Promise<CommandCall> {
  const { stdin, timeout } = ctx.options;
  const own = formats[asked.format].call?.(asked) ?? {};
  if (own.stdin !== undefined && stdin !== undefined) {
    throw invalid(`the format ${asked.format} needs the standard input`, "leave `stdin` out");
  }
  return {
    args: [...(asked.args ?? []), ...(own.args ?? [])],
    env: { ROTATE_LEASE_ID: ctx.leaseId, ...ttlEnv(asked), ...own.env },
    timeout,
    answers: true,
    ...(stdin !== undefined && { stdin: await ctx.resolve(stdin) }),
    ...(own.stdin !== undefined && { stdin: own.stdin }),
  };
}

/** The life asked for, in whole seconds, for commands that can be told. */
function ttlEnv({ ttl }: Request): Readonly<Record<string, string>> {
  return ttl === undefined ? {} : { ROTATE_TTL_SECONDS: String(Math.ceil(ttl / 1000)) };
}
