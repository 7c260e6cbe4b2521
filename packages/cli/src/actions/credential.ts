import { text } from "node:stream/consumers";
import type { CredentialFormat } from "@rotate/plugin-kit/formats";
import type { ActionInput } from "../action.ts";
import { durationValue } from "../flag-values.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { UsageError } from "../failure.ts";
import { judge, readHelper, type HelperVerdict } from "../helper.ts";
import { credentialText, fieldsFor } from "../output/credential-text.ts";
import { shortage, tooShort } from "../shortage.ts";
import { withWatch } from "../with-engine.ts";

/** As typed; durations (`15m`) are read by the action. */
export interface CredentialFlags {
  readonly format: CredentialFormat;
  readonly field?: string | undefined;
  readonly host?: string | undefined;
  readonly user?: string | undefined;
  readonly "min-remaining"?: string | undefined;
  readonly strict?: boolean;
  readonly "lock-timeout"?: string | undefined;
}
type Input = ActionInput<CredentialFlags, { readonly name: string; readonly action?: string | undefined }>;

/** botocore asks again on every call when less than 15 minutes are left, and for one of an hour its Go sister from 15 minutes on. ms */
const awsRemaining = 20 * 60_000;

/** Progress would be noise to the program that asked; failures and warnings are told. */
const omit = ["rotation-started", "phase-started", "phase-finished", "rotation-finished"] as const;

/** `rotate credential`: prints the current credential for whoever asks. */
export async function credential(input: Input): Promise<void> {
  const { flags, args, terminal } = input;
  const helper = readHelper(flags.format, { action: args.action, host: flags.host });
  if (helper === undefined && args.action !== undefined)
    throw new UsageError(`--format ${flags.format} takes no ${args.action}`);
  const verdict = helper && judge({ ...helper, user: flags.user, input: await text(process.stdin) });
  if (verdict?.kind === "say") {
    terminal.reveal(verdict.text);
    process.exitCode = verdict.exitCode;
    return;
  }
  await ask(input, verdict);
}

async function ask({ args, terminal, ...input }: Input, verdict: HelperVerdict | undefined): Promise<void> {
  const { flags } = input;
  const { format, field, host, user } = flags;
  const minRemaining =
    durationValue("min-remaining", flags["min-remaining"]) ?? (format === "aws-credential-process" ? awsRemaining : 0);
  const lockTimeout = durationValue("lock-timeout", flags["lock-timeout"]);
  await withWatch({ ...input, terminal }, { omit }, async ({ engine, now, reporter }) => {
    const interrupt = listenForInterrupt();
    const printing = { field, host, user, execInfo: process.env["KUBERNETES_EXEC_INFO"], now: now() };
    const current = await engine.credential(args.name, {
      minRemaining,
      signal: interrupt.signal,
      needed: (declared) => fieldsFor(format, { declared, name: args.name }, printing),
      ...(lockTimeout !== undefined && { lockTimeout }),
      ...(verdict?.kind === "refused" && { refused: verdict.value }),
    });
    interrupt.release();
    for (const [name, value] of Object.entries(current.fields))
      if (current.declared[name]?.secret !== false) reporter.runtime.masker.secret(value, name);
    const short = shortage(current.expiresAt, { now: now(), wanted: minRemaining });
    if (short !== undefined && flags.strict === true) throw tooShort(`${args.name}: ${short}`);
    if (short !== undefined && flags["min-remaining"] !== undefined)
      reporter.runtime.log.warn(`${args.name}: ${short}`);
    if (verdict?.kind !== "refused") terminal.reveal(credentialText(format, current, printing));
  });
}
