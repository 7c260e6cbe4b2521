import type { ActionInput } from "../action.ts";
import { durationValue } from "../flag-values.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { neededFields, printCredential, type CredentialFormat } from "../output/credential-text.ts";
import { shortage, tooShort } from "../shortage.ts";
import { withWatch } from "../with-engine.ts";

/** As typed; durations (`15m`) are read by the action. */
export interface CredentialFlags {
  readonly format: CredentialFormat;
  readonly field?: string | undefined;
  readonly "min-remaining"?: string | undefined;
  readonly strict?: boolean;
  readonly "lock-timeout"?: string | undefined;
}
type Input = ActionInput<CredentialFlags, { readonly name: string }>;

/** botocore asks again on every call when less than 15 minutes are left, and for one of an hour its Go sister from 15 minutes on. ms */
const awsRemaining = 20 * 60_000;

/** Progress would be noise to the program that asked; failures and warnings are told. */
const omit = ["rotation-started", "phase-started", "phase-finished", "rotation-finished"] as const;

/** `rotate credential`: prints the current credential for whoever asks. */
export function credential(input: Input): Promise<void> {
  const { flags, args, terminal } = input;
  const { format, field } = flags;
  const minRemaining =
    durationValue("min-remaining", flags["min-remaining"]) ?? (format === "aws-credential-process" ? awsRemaining : 0);
  const lockTimeout = durationValue("lock-timeout", flags["lock-timeout"]);
  return withWatch(input, { omit }, async ({ engine, now, reporter }) => {
    const interrupt = listenForInterrupt();
    const printing = { field, execInfo: process.env["KUBERNETES_EXEC_INFO"] };
    const current = await engine.credential(args.name, {
      minRemaining,
      signal: interrupt.signal,
      needed: (declared) => neededFields(format, { declared, name: args.name }, printing),
      ...(lockTimeout !== undefined && { lockTimeout }),
    });
    interrupt.release();
    for (const [name, text] of Object.entries(current.fields))
      if (current.declared[name]?.secret !== false) reporter.runtime.masker.secret(text, name);
    const short = shortage(current.expiresAt, { now: now(), wanted: minRemaining });
    if (short !== undefined && flags.strict === true) throw tooShort(`${args.name}: ${short}`);
    if (short !== undefined && flags["min-remaining"] !== undefined)
      reporter.runtime.log.warn(`${args.name}: ${short}`);
    terminal.reveal(printCredential(format, current, printing));
  });
}
