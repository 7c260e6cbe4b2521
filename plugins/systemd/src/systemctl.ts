import {
  type Context,
  type ExecAnswer,
  execRefusal,
  lastLines,
  meanings,
  type Refusals,
  type RotateError,
} from "@rotate/plugin-kit";

/** Which unit of which manager. */
export interface UnitOptions {
  readonly unit: string;
  readonly scope: "system" | "user";
}
type Ctx = Context<UnitOptions>;

/** The longest wait that a timer can count, in milliseconds: the call's signal ends it before. */
const untilSignal = 2 ** 31 - 1;
const journalLines = 10;

/** English, without colours; and the user manager's socket, which cron jobs do not have in their environment. */
function childEnv({ options, env }: Ctx): Readonly<Record<string, string>> {
  const plain = { LC_ALL: "C", SYSTEMD_COLORS: "0" };
  if (options.scope === "system") return plain;
  return { ...plain, XDG_RUNTIME_DIR: env["XDG_RUNTIME_DIR"] ?? `/run/user/${process.getuid?.() ?? 0}` };
}

/** Runs `systemctl VERB UNIT`. Any exit code is an answer; throws NOT_FOUND when there is no systemctl. */
export function systemctl(ctx: Ctx, verb: string, args: readonly string[] = []): Promise<ExecAnswer> {
  const { unit, scope } = ctx.options;
  const argv = ["systemctl", `--${scope}`, "--no-ask-password", "--no-pager", verb, ...args, "--", unit] as const;
  return ctx.exec(argv, { env: childEnv(ctx), timeout: untilSignal, excess: "drop" });
}

/** What the unit itself wrote since `since` (milliseconds since 1970), its last lines on one. Says so when the journal cannot be read. */
export async function journal(ctx: Ctx, since: number): Promise<string> {
  const { unit, scope } = ctx.options;
  const which = scope === "user" ? ["--user", `--user-unit=${unit}`] : [`--unit=${unit}`];
  const how = [
    "--quiet",
    "--no-pager",
    "--output=cat",
    `--lines=${journalLines}`,
    `--since=@${Math.floor(since / 1000)}`,
  ];
  try {
    const { exitCode, stdout } = await ctx.exec(["journalctl", ...which, ...how], {
      env: childEnv(ctx),
      excess: "drop",
    });
    const said = lastLines(stdout);
    if (exitCode === 0) return said === "" ? "the journal has nothing of it" : said;
  } catch (error) {
    ctx.log.debug("journalctl did not run", { reason: String(error) });
  }
  return "its journal cannot be read";
}

const { denied, invalid, missing, refused, wait } = meanings;
const polkit =
  "allow this user to manage the unit by a polkit rule (org.freedesktop.systemd1.manage-units), or run as root";

/** What stands in systemctl's words alone, and its exit codes by the LSB meanings that it uses (systemctl-util.c, translate_bus_error_to_exit_status). */
export const refusals: Refusals = [
  { ...denied, said: /authentication required|access denied|permission denied/i, hint: polkit },
  {
    ...wait,
    said: /not been booted with systemd|failed to connect to bus/i,
    hint: "systemd is not reachable: is it PID 1 here, and does `scope` fit?",
  },
  { ...invalid, said: /is masked/i, hint: "systemctl unmask the unit" },
  {
    ...invalid,
    status: 3,
    hint: "the unit cannot do this: a reload needs ExecReload= or Type=notify-reload; or set `action: restart`",
  },
  { ...denied, status: 4, hint: polkit },
  { ...missing, status: 5, hint: "check the name, and `systemctl daemon-reload` after installing the unit" },
  { ...invalid, status: 6, hint: "see `systemctl status` of the unit for what is wrong with its file" },
  refused,
];

/** Reads a systemctl that failed. `otherwise` is the hint when nothing better is known. */
export function systemctlError(message: string, answer: ExecAnswer, otherwise: string): RotateError {
  return execRefusal(refusals, answer, { message, said: answer.stderr, advice: otherwise });
}
