import { resolve } from "node:path";
import { readFile } from "node:fs/promises";
import type { EjectReport } from "@rotate/core";
import { Secret } from "@rotate/plugin-kit";
import type { ActionInput } from "../action.ts";
import { confirm } from "../confirm.ts";
import { UsageError } from "../failure.ts";
import { describeExpiry } from "../output/time.ts";
import { withWatch } from "../with-engine.ts";

/** As typed: each of `values` is `FIELD=reference`. `yes`: ask nobody. */
export interface EjectFlags {
  readonly values?: readonly string[] | undefined;
  readonly keep?: boolean;
  readonly yes?: boolean;
}

/** `rotate eject`: the way out. Writes given values in the credential's place and revokes what was there, or keeps what stands there; nobody rotates it afterwards. Without either it only tells what stays where. */
export function eject(input: ActionInput<EjectFlags, { readonly name: string }>): Promise<EjectReport> {
  const { flags, args, json, terminal } = input;
  const { name } = args;
  return withWatch(input, {}, async ({ engine, reporter, now }) => {
    if (flags.values === undefined || flags.values.length === 0) {
      if (flags.keep)
        await confirm(name, {
          yes: flags.yes === true,
          question: `${name} is not rotated any more: what stands there is yours`,
        });
      const report = await engine.eject(name, flags.keep ? "keep" : undefined);
      if (!json) terminal.out([render(report, now()), ...(report.ejected ? [farewell(name)] : [])].join("\n"));
      return report;
    }
    const texts = await Promise.all(flags.values.map(readValue));
    const values = new Map<string, Secret>(
      texts.map(([key, text]) => [key, reporter.runtime.masker.secret(text, key)]),
    );
    await confirm(name, {
      yes: flags.yes === true,
      question: `the given values are written in the place of ${name}; then its credential is revoked, and nobody rotates it any more`,
    });
    const report = await engine.eject(name, values);
    await engine.revoke(name, { previous: true });
    if (!json) terminal.out(`${render(report, now())}\n${farewell(name)}`);
    return report;
  });
}

function farewell(name: string): string {
  return `${name}  ejected: it is yours; \`rotate run ${name} --force\` takes it back`;
}

/** `KEY={file:PATH}` or `KEY={env:NAME}`: never the value itself, which would stand in the process list. */
async function readValue(text: string): Promise<readonly [key: string, value: string]> {
  const match = /^(?<key>[^=]+)=\{\s*(?<kind>file|env):\s*(?<from>[^}]+?)\s*\}$/.exec(text);
  const { key, kind, from } = match?.groups ?? {};
  if (key === undefined || from === undefined)
    throw new UsageError(
      "--values takes KEY={file:PATH} or KEY={env:NAME}",
      "a value itself would be seen by everybody on the machine",
    );
  const value = kind === "env" ? process.env[from] : await readFile(resolve(from), "utf8");
  if (value === undefined || value === "") throw new UsageError(`${kind} ${from} gives no value for ${key}`);
  return [key, value.replace(/\r?\n$/, "")];
}

function render({ name, sinks, expiresAt, unverified = [] }: EjectReport, now: number): string {
  const lines = sinks.map(
    ({ type, target, keys, result }) => `${name}  ${result}  ${type} ${target}: ${keys.join(", ")}`,
  );
  const left = sinks.some(({ result }) => result === "left");
  const untried = unverified.map((why) => `${name}  not verified  ${why}`);
  return [...lines, ...untried, ...(left ? [`${name}  what stands there ${describeExpiry(expiresAt, now)}`] : [])].join(
    "\n",
  );
}
