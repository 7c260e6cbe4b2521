import {
  type Context,
  type ErrorDetails,
  execError,
  type ExecAnswer,
  lastLines,
  RotateError,
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

/** Exit codes of systemctl by the LSB meanings that it uses (systemctl-util.c, translate_bus_error_to_exit_status), and what stands in its words alone. */
const exitCodes: Readonly<Record<number, Partial<ErrorDetails>>> = {
  3: {
    code: "INVALID",
    hint: "the unit cannot do this: a reload needs ExecReload= or Type=notify-reload; or set `action: restart`",
  },
  4: {
    code: "DENIED",
    hint: "allow this user to manage the unit by a polkit rule (org.freedesktop.systemd1.manage-units), or run as root",
  },
  5: { code: "NOT_FOUND", hint: "check the name, and `systemctl daemon-reload` after installing the unit" },
  6: { code: "INVALID", hint: "see `systemctl status` of the unit for what is wrong with its file" },
};
const words: readonly (readonly [RegExp, Partial<ErrorDetails>])[] = [
  [/authentication required|access denied|permission denied/i, exitCodes[4] ?? {}],
  [
    /not been booted with systemd|failed to connect to bus/i,
    {
      code: "UNAVAILABLE",
      retryable: true,
      noEffect: true,
      hint: "systemd is not reachable: is it PID 1 here, and does `scope` fit?",
    },
  ],
  [/is masked/i, { code: "INVALID", hint: "systemctl unmask the unit" }],
];

/** Reads a systemctl that failed. `otherwise` is the hint when nothing better is known. */
export function systemctlError(message: string, answer: ExecAnswer, otherwise: string): RotateError {
  const byWords = words.find(([pattern]) => pattern.test(answer.stderr))?.[1];
  return execError(message, answer, { retryable: false, hint: otherwise, ...exitCodes[answer.exitCode], ...byWords });
}
